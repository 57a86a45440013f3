import { LeaseholdError } from '../../base/errors.ts';
import { freezeClass } from '../../base/primordials.ts';
import { RowCache } from '../collections/row-cache.ts';
import { readOnlyState } from '../errors.ts';
import { knownState } from '../handle.ts';
import type { Handle, State, ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { StoreView } from './view.ts';

/** What a snapshot reads in, until it ends that. */
interface EndingTxn extends ViewTxn {
  end(): void;
}

/** One version of a store. All snapshots of that version share it: its transaction, its handles. It ends with the last of them. */
export class SnapshotView extends StoreView {
  declare readonly base: ObjectBase;
  readonly tid: number;
  readonly #txn: EndingTxn;
  readonly #rowCache: RowCache;
  readonly #ended: () => void;
  #users = 1;

  /** `ended` is called when the last snapshot has ended. */
  constructor(base: ObjectBase, txn: EndingTxn, ended: () => void = () => {}) {
    super(base, false);
    this.#txn = txn;
    this.#ended = ended;
    this.tid = txn.tid;
    this.#rowCache = new RowCache(base.mostCached);
    base.states.snapshotBegins();
  }

  get isWriting(): boolean {
    return false;
  }

  /** How many snapshots share it. */
  get users(): number {
    return this.#users;
  }

  get isOpen(): boolean {
    return this.#users > 0;
  }

  override get rowCache(): RowCache {
    this.transaction();
    return this.#rowCache;
  }

  transaction(): ViewTxn {
    if (!this.isOpen) throw snapshotEnded();
    return this.#txn;
  }

  override stateOf(handle: Handle): State {
    // What was read before the end stays readable.
    return knownState(handle) ?? super.stateOf(handle);
  }

  use(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.isFresh = false;
    this.#rowCache.clear();
    this.base.states.snapshotEnds();
    this.#txn.end();
    this.#ended();
  }

  change(_handle: Handle, path: string): never {
    throw readOnlyState(path, 'it belongs to a snapshot. Use store.write() or store.transact()');
  }

  changeRows(path: string): never {
    throw readOnlyState(path, 'it belongs to a snapshot. Use store.write() or store.transact()');
  }

  idOf(): never {
    throw readOnlyState('a snapshot', 'use store.write() or store.transact()');
  }

  protected get presence(): never {
    return this.idOf();
  }
}

export function snapshotEnded(): LeaseholdError {
  return new LeaseholdError(
    'ERR_TXN_ENDED',
    'the snapshot, or the transaction, to which this object belongs has ended: what was read of it before can still be read, and nothing else. ' +
      'store.get(object) gives the object of the newest version',
  );
}

freezeClass(SnapshotView);
