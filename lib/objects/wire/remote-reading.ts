import { invalidType } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import { definitionIn, handleOf, slots, viewOf } from '../handle.ts';
import type { Hints } from '../hint-types.ts';
import { checkHints } from '../hints.ts';
import { type Root, Snapshot, TransactionReads } from '../reading.ts';
import type { SnapshotView } from '../view/snapshot-view.ts';
import type { StoreView } from '../view/view.ts';
import type { Wanted } from './follow.ts';
import { checkHintNames } from './hint-names.ts';
import { loadWanted } from './load.ts';
import type { WireReading } from './reading.ts';
import type { WireBase } from './wire-base.ts';
import { WireTransactView } from './wire-transact-view.ts';

/** What a program wants to load. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export async function wantedOf(base: WireBase, object: unknown, hints: unknown): Promise<Wanted> {
  const wanted = { id: wantedId(base, object), hints: checkHints(hints) };
  const handle = handleOf(object);
  await checkHintNames(base, wanted.hints, handle && definitionIn(handle));
  return wanted;
}

/** The id of what a program wants to load. `ERR_INVALID_ARG_TYPE`. */
function wantedId(base: WireBase, object: unknown): number {
  if (typeof object === 'number' && Number.isSafeInteger(object) && object > 0) return object;
  const handle = handleOf(object);
  const id = handle === undefined ? 0 : slots.id(handle);
  if (handle === undefined || id === 0)
    throw invalidType('the object', 'an object that is stored, or the id of one', object);
  if (viewOf(handle).base !== base) throw invalidType('the object', 'an object of this store', object);
  return id;
}

/** Fetches an object of a view and what is needed with it, and gives the object. `ERR_NO_OBJECT`. */
async function load(view: StoreView, reading: WireReading, object: unknown, hints: unknown): Promise<object> {
  const base = view.base as WireBase;
  const wanted = await wantedOf(base, object, hints);
  await loadWanted(base, reading, [wanted]);
  return view.object(wanted.id);
}

/** One version of a store on a server. It must be ended: `using view = await store.snapshot()`, or `end()`. */
export class RemoteSnapshot<R extends object = Root> extends Snapshot<R> {
  readonly #view: SnapshotView;
  readonly #reading: WireReading;

  /** Not for users: `store.snapshot()` makes these. */
  constructor(view: SnapshotView, reading: WireReading) {
    super(view);
    this.#view = view;
    this.#reading = reading;
  }

  /**
   * Fetches an object, by itself or its id, and what `hints` say, and gives it as it is in this version. What was fetched can be read until the snapshot ends. See
   * `RemoteStore.load`.
   */
  async load<T extends object>(object: T | number, hints?: Hints<NoInfer<T>>): Promise<T> {
    this.#view.transaction();
    return (await load(this.#view, this.#reading, object, hints)) as T;
  }
}

/** What the function of `transact` of a store on a server gets. */
export class RemoteTransaction<R extends object = Root> extends TransactionReads<R> {
  readonly #view: WireTransactView;

  /** Not for users: `store.transact()` makes these. */
  constructor(view: WireTransactView) {
    if (!(view instanceof WireTransactView)) throw invalidType('view', 'what store.transact() passes', view);
    super(view);
    this.#view = view;
  }

  /** Fetches an object, by itself or its id, and what `hints` say, so that the function need not run again for it. See `RemoteStore.load`. */
  async load<T extends object>(object: T | number, hints?: Hints<NoInfer<T>>): Promise<T> {
    return (await load(this.#view, this.#view.transaction(), object, hints)) as T;
  }

  static {
    inspectAs(RemoteTransaction.prototype, (self) => `RemoteTransaction { ${self.#view.isOpen ? 'open' : 'ended'} }`);
  }
}
