import { types } from 'node:util';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType, LeaseholdError } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import type { ObjectSource } from '../../versions/engine/object-source.ts';
import { ROOT } from '../base.ts';
import { definitionOf } from '../class/definition.ts';
import { asyncRead } from '../errors.ts';
import { slots } from '../handle.ts';
import type { Hints } from '../hint-types.ts';
import { type CheckedHints, checkHints } from '../hints.ts';
import { objectHere, type Root } from '../reading.ts';
import { SnapshotView } from '../view/snapshot-view.ts';
import {
  callOnChange,
  type ObjectChange,
  type ObjectWatchOptions,
  type Unwatch,
  type Watch,
  watchArguments,
} from '../watch.ts';
import { fetchMissed } from './fetch.ts';
import { loadWanted } from './load.ts';
import { Misses } from './misses.ts';
import { WireReading } from './reading.ts';
import { RemoteSnapshot, RemoteTransaction, wantedOf } from './remote-reading.ts';
import { type RemoteTransactOptions, readObjects, transactObjects } from './run.ts';
import { WireBase } from './wire-base.ts';
import { WireLiveView } from './wire-live-view.ts';
import { watchOverWire } from './wire-watch.ts';

const { isAsyncFunction } = types;

/** Options of `read` of a store on a server. */
export interface RemoteReadOptions<R extends object = Root> {
  /** What to fetch of the root before the function is called. */
  hints?: Hints<R>;
}

/** What `counters()` of a store on a server gives. */
export interface RemoteStoreCounters {
  /** States of keys that are here. */
  readonly known: number;
  /** Objects of the newest version. */
  readonly handles: number;
  /** How many states were made of records, and how often a view has found that one had been made already. */
  readonly decodes: number;
  readonly shared: number;
}

/** `load` gives up when others have changed what it has fetched so often. */
const MOST_ROUNDS = 100;

/** A store of persistent objects on a server, or in a folder that `connect()` has opened. `R` is what its root has. */
export class RemoteStore<R extends object = Root> {
  readonly #base: WireBase;
  readonly #live: WireLiveView;

  /** Not for users: `openStore()` makes these. */
  constructor(source: ObjectSource, mostCached: number) {
    this.#base = new WireBase(
      source,
      mostCached,
      (change) => this.#live.apply(change),
      () => this.#live.forgetAll(),
    );
    this.#live = new WireLiveView(this.#base);
  }

  /** Opens the store behind a source. `classes`: those that are to be known there from the beginning. */
  static async open<R extends object>(
    source: ObjectSource,
    mostCached: number,
    classes: readonly unknown[],
  ): Promise<RemoteStore<R>> {
    const definitions = classes.map((each) => {
      const definition = definitionOf(each);
      if (definition === undefined) throw invalidType('classes', 'an array of persistent classes', each);
      return definition;
    });
    const store = new RemoteStore<R>(source, mostCached);
    const base = store.#base;
    try {
      await base.begin();
      const missing = definitions.filter((definition) => base.classes.of(definition) === undefined);
      await Promise.all(missing.map((definition) => base.classes.add(definition)));
    } catch (error) {
      store.close();
      throw error;
    }
    return store;
  }

  /** The newest commit that it has been told. */
  get tid(): number {
    return this.#base.engine.processed();
  }

  /**
   * The root of the newest version. What is here can be read, until a commit changes it; anything else is `ERR_NOT_LOADED`. `ERR_BUSY` inside `transact`.
   */
  get root(): R {
    this.#live.check();
    return this.#live.object(ROOT) as R;
  }

  /** The object of the newest version for one of a snapshot or a transaction. `ERR_NO_OBJECT`, `ERR_NOT_LOADED`. */
  get<T extends object>(object: T): T {
    return objectHere(this.#live, object) as unknown as T;
  }

  /**
   * Fetches an object, by itself or its id, and what `hints` say: in one trip, or level by level where that is too much. Gives the object of the newest version, which can be
   * read just then without waiting: after an `await`, others may have changed it, and it must be loaded again. A snapshot stays as it is.
   * `ERR_NO_OBJECT`; `ERR_CONFLICT` if others change it faster than it can be fetched; `ERR_INVALID_ARG_VALUE` for hints with a name that no class there has; `ERR_INVALID_ARG_TYPE`, `ERR_DISCONNECTED`.
   */
  async load<T extends object>(object: T | number, hints?: Hints<NoInfer<T>>): Promise<T> {
    this.#live.check();
    const wanted = await wantedOf(this.#base, object, hints);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { tid, release } = this.#base.hold();
      const reading = new WireReading(this.#base, tid, release);
      try {
        await loadWanted(this.#base, reading, [wanted]);
      } catch (error) {
        if ((error as LeaseholdError).code !== 'ERR_SNAPSHOT_LOST' || this.tid === tid) throw error;
        continue;
      } finally {
        reading.end();
      }
      if (reading.isNewest((span) => this.#base.isTouched(span))) return this.#live.object(wanted.id) as T;
    }
    throw new LeaseholdError(
      'ERR_CONFLICT',
      'others change the object faster than it can be fetched: load it from a store.snapshot()',
    );
  }

  /**
   * Calls a synchronous function with a consistent view, fetches what it has missed, and calls it again, until it has missed nothing; then gives what it returns. So it may run
   * many times, and must have no effects outside. Objects that it returns can be read as far as it has read them. `ERR_ASYNC_CALLBACK`, and what the function throws.
   */
  async read<T>(fn: (view: RemoteSnapshot<R>) => T, options: RemoteReadOptions<R> = {}): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    if (isAsyncFunction(fn)) throw asyncRead();
    checkObject(options, 'options');
    checkOptionNames(options, ['hints'], 'read()');
    const call = (view: SnapshotView, reading: WireReading): T => fn(new RemoteSnapshot<R>(view, reading));
    return readObjects(this.#base, call, checkedHints(options.hints));
  }

  /**
   * Calls a function, which may be async, with a transaction, fetches what it has missed, and calls it again, until it has missed nothing; then commits in one trip. If others have
   * changed meanwhile what it has read, it runs again as of a newer commit. So it may run many times, and must have no effects outside; a run that has missed
   * something is never committed. Use the objects of `txn.root` and `txn.get(object)`. `ERR_CONFLICT` after `retries`, `ERR_BUSY`, `ABORT_ERR`, `ERR_NOT_PERSISTENT`, and what
   * the function throws.
   */
  async transact<T>(
    fn: (txn: RemoteTransaction<R>) => T | PromiseLike<T>,
    options: RemoteTransactOptions<R> = {},
  ): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    checkObject(options, 'options');
    return transactObjects(this.#base, this.#live, (view) => fn(new RemoteTransaction<R>(view)), options);
  }

  /** A consistent look at the newest commit that was told, until it is ended. Load what is to be read of it. */
  async snapshot(): Promise<RemoteSnapshot<R>> {
    const { tid, release } = this.#base.hold();
    const reading = new WireReading(this.#base, tid, release);
    return new RemoteSnapshot<R>(new SnapshotView(this.#base, reading), reading);
  }

  /** As `Store.watch`: commits of all clients that change an object. When a change is given, the object must be loaded again to be read. */
  watch<T extends object, K = unknown>(
    object: T,
    fn: (change: ObjectChange<T, K>) => unknown,
    options?: ObjectWatchOptions,
  ): Unwatch;
  watch<T extends object, K = unknown>(object: T, options?: ObjectWatchOptions): Watch<T, K>;
  watch<T extends object, K = unknown>(
    object: T,
    first?: ((change: ObjectChange<T, K>) => unknown) | ObjectWatchOptions,
    second?: ObjectWatchOptions,
  ): Unwatch | Watch<T, K> {
    this.#live.check();
    const { fn, signal } = watchArguments(first, second);
    const here = objectHere(this.#live, object);
    const watch = watchOverWire<T, K>(this.#base, here as unknown as T, slots.id(here), signal, (call) =>
      this.#untilAllIsHere(call),
    );
    return fn === undefined ? watch : callOnChange(watch, fn);
  }

  /** What is here of the store. */
  counters(): RemoteStoreCounters {
    const { hits, misses } = this.#base.states;
    return { known: this.#base.known.size, handles: this.#live.handleCount, decodes: misses, shared: hits };
  }

  /** Not over a server: `ERR_NOT_LOCAL`. A commit waits for the server, so use `transact()`. */
  write(): never {
    throw notLocal('write()', 'Use store.transact(), which waits for the commit');
  }

  /** Not over a server: `ERR_NOT_LOCAL`. */
  get locks(): never {
    throw notLocal('locks', 'Open the store on its folder, with openStore(path), in a program of that host');
  }

  /** Not over a server: `ERR_NOT_LOCAL`. */
  collect(): never {
    throw notLocal('collect()', 'Call it where the store is: openStore(path), or `leasehold objects <path> collect`');
  }

  /** Not over a server: `ERR_NOT_LOCAL`. */
  check(): never {
    throw notLocal('check()', 'Call it where the store is: openStore(path), or `leasehold objects <path> check`');
  }

  /** Forgets everything that is here. The store that it was opened with stays open. Closing twice does nothing. */
  close(): void {
    this.#base.close();
    this.#live.forgetAll();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Calls a function that reads the newest version, fetches what it has missed, and calls it again. */
  async #untilAllIsHere<T>(fn: () => T): Promise<T> {
    for (;;) {
      const reading = this.#live.transaction();
      reading.misses = new Misses();
      try {
        return fn();
      } catch (error) {
        if (reading.misses.isEmpty) throw error;
      }
      try {
        await fetchMissed(this.#base, reading);
      } catch (error) {
        if ((error as LeaseholdError).code !== 'ERR_SNAPSHOT_LOST' || this.tid === reading.tid) throw error;
      }
    }
  }

  static {
    inspectAs(RemoteStore.prototype, (self) => `RemoteStore { tid: ${self.tid} }`);
  }
}

function checkedHints(hints: unknown): CheckedHints | undefined {
  return hints === undefined ? undefined : checkHints(hints);
}

function notLocal(what: string, advice: string): LeaseholdError {
  return new LeaseholdError('ERR_NOT_LOCAL', `${what} of a store that is on a server is not possible. ${advice}`);
}
