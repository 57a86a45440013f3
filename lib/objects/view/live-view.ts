import { microtask } from '../../base/clock.ts';
import { freezeClass } from '../../base/primordials.ts';
import { checkStack } from '../../base/stack.ts';
import { currentTransact } from '../../transaction/async-reads.ts';
import { writingOf } from '../../transaction/open-write.ts';
import { isThenable } from '../../transaction/thenable.ts';
import type { ChangingTxn, ReadTransaction, Transaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { RowCache } from '../collections/row-cache.ts';
import { asyncWrite, otherTransaction, storeClosed } from '../errors.ts';
import { draftOf, forgetState, slots, staleViews } from '../handle.ts';
import type { AddedNumbers, Handle, RowDrafts, State, ViewTxn } from '../model.ts';
import { Changeset } from './changeset.ts';
import { forgetBetween } from './forget-changed.ts';
import { checkNotInTransact } from './in-transact.ts';
import { NewestView } from './newest-view.ts';
import type { Presence } from './presence.ts';
import type { Session } from './session.ts';

/** The version of a view that has read nothing yet. */
const UNREAD = -1;
/** The version of a view that has begun to forget what others have changed. */
const UNKNOWN = -2;

/**
 * What a program sees outside of snapshots and transactions: the newest commit. What runs without waiting sees one version, in a read transaction that
 * ends with the microtask; with its own commits, it moves on at once. Inside `store.write` it sees what that has done.
 */
export class LiveView extends NewestView {
  declare readonly base: Base;
  /** The commit that the states of the handles are of. */
  #tid = UNREAD;
  #reading: ReadTransaction | undefined;
  /** Whether `#reading` goes on with the next read that is allowed: see `suspend`. */
  #isSuspended = false;
  #session: Session | undefined;
  /** Whether the session, or one around or inside of it, has changed rows. */
  #hasChangedRows = false;
  readonly #rowCache: RowCache;
  #isClosed = false;
  /** Whether `#endOfTurn` will be called. */
  #awaitsEnd = false;
  readonly #endOfTurn = (): void => {
    this.#awaitsEnd = false;
    this.refresh();
  };

  constructor(base: Base) {
    super(base);
    this.isFresh = false;
    staleViews.count++;
    this.#rowCache = new RowCache(base.mostCached);
  }

  get isWriting(): boolean {
    return this.#session !== undefined;
  }

  override get rowDrafts(): RowDrafts | undefined {
    return this.#session?.changes.rowDrafts;
  }

  override get addedNumbers(): AddedNumbers | undefined {
    return this.#session?.changes.addedNumbers;
  }

  override get rowCache(): RowCache | undefined {
    if (this.#session !== undefined) return undefined;
    if (!this.isFresh) this.#begin();
    return this.#rowCache;
  }

  transaction(): Transaction {
    if (this.#session !== undefined) return this.#session.txn;
    return this.isFresh ? (this.#reading as ReadTransaction) : this.#begin();
  }

  override stateOf(handle: Handle): State {
    if (!this.isFresh) this.transaction();
    return super.stateOf(handle);
  }

  /** Calls `fn` in a write transaction, in which objects can be changed. */
  write<T>(fn: () => T): T {
    // What restores the handles after a failure must not fail itself.
    checkStack();
    this.checkOpen();
    this.#checkNoOther();
    const outer = this.#session;
    // What the outer one has stored must be there for the inner one, and stay when the inner one fails.
    outer?.changes.flush(outer.txn, true);
    const changes = new Changeset(this.base, this);
    let result: T;
    try {
      result = this.base.environment.write((txn) => {
        this.#endReading();
        if (outer === undefined) {
          this.#moveTo(txn.tid);
          this.#hasChangedRows = false;
        }
        this.#setFresh(true);
        this.#session = { txn, transaction: this.base.state.writing, changes, outer };
        const given = fn();
        if (isThenable(given)) {
          given.then(undefined, () => {});
          throw asyncWrite(
            'what it has changed so far was taken back, but what it changes later is outside of the transaction',
          );
        }
        changes.flush(txn, true);
        return given;
      });
    } catch (error) {
      this.#session = outer;
      changes.rollBack();
      if (outer === undefined) this.#stale();
      throw error;
    }
    this.#session = outer;
    if (outer !== undefined) outer.changes.takeOver(changes);
    else {
      changes.committed();
      // A transaction of the environment around this one may still be rolled back.
      writingOf(this.base.state)?.ifRolledBack(() => changes.rollBack());
      this.#moveOn(changes);
      this.#stale();
    }
    return result;
  }

  /** `ERR_ENV_CLOSED` if the store was closed. */
  checkOpen(): void {
    if (this.#isClosed) throw storeClosed(this.base.environment.path);
  }

  close(): void {
    this.#isClosed = true;
    this.refresh();
  }

  /** Throws if the running code belongs to a transaction that is none of this view's. */
  #checkNoOther(): void {
    const { state } = this.base;
    if (this.#session !== undefined && state.writing !== this.#session.transaction) {
      throw otherTransaction(
        'env.write() inside store.write()',
        'Use store.write() in the place of env.write(): calls of collections inside it belong to its transaction',
      );
    }
    if (currentTransact(state) !== undefined) {
      throw otherTransaction('store.transact()', 'Change those that txn.root, txn.get(object) and txn.all(Class) give');
    }
  }

  changeRows<T>(_path: string, fn: (txn: ViewTxn) => T): T {
    const change = (): T => {
      this.#hasChangedRows = true;
      return fn((this.#session as Session).txn);
    };
    if (this.#session === undefined) return this.write(change);
    if (this.base.state.writing !== this.#session.transaction) this.#checkNoOther();
    return change();
  }

  override changingRows(): ChangingTxn | undefined {
    const session = this.#session;
    if (session === undefined || this.base.state.writing !== session.transaction) return undefined;
    this.#hasChangedRows = true;
    return session.txn;
  }

  change(handle: Handle, _path: string, fn: () => void): void {
    const change = (): void => {
      // A draft begins with what is stored.
      if (slots.id(handle) !== 0 && draftOf(handle) === undefined) this.stateOf(handle);
      (this.#session as Session).changes.note(handle);
      fn();
    };
    if (this.#session === undefined) this.write(change);
    else {
      if (this.base.state.writing !== this.#session.transaction) this.#checkNoOther();
      change();
    }
  }

  idOf(object: object): number {
    return (this.#session as Session).changes.idOf(object, this.handles);
  }

  protected get presence(): Presence {
    return (this.#session as Session).changes.presence;
  }

  override flush(): void {
    if (this.#session !== undefined) this.#session.changes.flush(this.#session.txn, false);
  }

  /** Ends the read transaction, if one is open: the next read sees the newest commit. */
  refresh(): void {
    if (this.#session === undefined) this.#stale();
  }

  /** Lets the next read look whether it is in a transaction. What runs without waiting still sees one version. */
  suspend(): void {
    if (this.#session !== undefined || !this.isFresh) return;
    this.#setFresh(false);
    this.#isSuspended = true;
  }

  /** If the stack overflows in it, the next call begins anew. */
  #begin(): ReadTransaction {
    this.checkOpen();
    checkNotInTransact(this.base.state);
    if (this.#isSuspended) {
      this.#isSuspended = false;
      this.#setFresh(true);
      return this.#reading as ReadTransaction;
    }
    this.#endReading();
    if (!this.#awaitsEnd) {
      microtask(this.#endOfTurn);
      this.#awaitsEnd = true;
    }
    const reading = this.base.environment.read();
    this.#reading = reading;
    this.#moveTo(reading.tid);
    this.#setFresh(true);
    return reading;
  }

  #stale(): void {
    this.#setFresh(false);
    this.#endReading();
  }

  #setFresh(isFresh: boolean): void {
    if (isFresh === this.isFresh) return;
    this.isFresh = isFresh;
    staleViews.count += isFresh ? -1 : 1;
  }

  #endReading(): void {
    this.handles.release();
    this.#reading?.end();
    this.#reading = undefined;
    this.#isSuspended = false;
  }

  /** After a commit of its own: if that has changed objects only, all that has changed is known, and the log need not be read. */
  #moveOn(changes: Changeset): void {
    if (!changes.hasWritten || this.#hasChangedRows || this.base.state.writing !== undefined) return;
    this.#tid++;
  }

  /** From now on the states are those of a commit: what others have changed since is read again. */
  #moveTo(tid: number): void {
    const from = this.#tid;
    if (tid === from) return;
    this.#tid = UNKNOWN;
    this.moves++;
    // The log may name very many objects; none of them is here yet.
    if (from !== UNREAD && (from === UNKNOWN || !forgetBetween(this.base, from, tid, this.handles, this.#rowCache))) {
      this.handles.forEach(forgetState);
      this.#rowCache.clear();
    }
    this.#tid = tid;
  }
}

freezeClass(LiveView);
