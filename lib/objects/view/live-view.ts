import { OBJECTS } from '../../catalog/own-collections.ts';
import { idAt } from '../../key/object-id.ts';
import { native } from '../../native/native.ts';
import type { ChangingTxn, ReadTransaction, Transaction, WriteTransaction } from '../../transaction/transaction.ts';
import { decodeRecord } from '../../versions/change-record.ts';
import type { Base } from '../base.ts';
import type { Handle, State } from '../model.ts';
import { Changeset } from './changeset.ts';
import type { Presence } from './presence.ts';
import { StoreView } from './view.ts';

/** Above this, the states of all handles are read again, in place of those that the log of changes names. */
const MOST_COMMITS = 256;

/** A running `store.write`. */
interface Session {
  readonly txn: WriteTransaction;
  readonly changes: Changeset;
  readonly outer: Session | undefined;
}

/**
 * What a program sees outside of snapshots and transactions: the newest commit. What runs without waiting sees one version, in a read transaction that
 * ends with the microtask; with its own commits, it moves on at once. Inside `store.write` it sees what that has done.
 */
export class LiveView extends StoreView {
  declare readonly base: Base;
  /** The commit that the states of the handles are of. */
  #tid = 0;
  #reading: ReadTransaction | undefined;
  #session: Session | undefined;
  /** Whether the session, or one around or inside of it, has changed rows. */
  #hasChangedRows = false;
  /** Called when the version has moved on. */
  onMove: (() => void) | undefined;

  constructor(base: Base) {
    super(base, true);
    this.isFresh = false;
  }

  get isWriting(): boolean {
    return this.#session !== undefined;
  }

  transaction(): Transaction {
    return this.#session?.txn ?? this.#reading ?? this.#begin();
  }

  override stateOf(handle: Handle): State {
    if (!this.isFresh) this.transaction();
    return super.stateOf(handle);
  }

  override hasUncommitted(handle: Handle): boolean {
    for (let session = this.#session; session !== undefined; session = session.outer) {
      if (session.changes.hasCreated(handle)) return true;
    }
    return false;
  }

  /** Calls `fn` in a write transaction, in which objects can be changed. */
  write<T>(fn: () => T): T {
    const outer = this.#session;
    outer?.changes.settle();
    const changes = new Changeset(this.base, this);
    let result: T;
    try {
      result = this.base.environment.write((txn) => {
        this.#endReading();
        if (outer === undefined) {
          this.#moveTo(txn.tid);
          this.#hasChangedRows = false;
        }
        this.isFresh = true;
        this.#session = { txn, changes, outer };
        const given = fn();
        changes.flush(txn);
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
      this.#moveOn(changes);
      this.#stale();
    }
    return result;
  }

  changeRows<T>(_path: string, fn: (txn: ChangingTxn) => T): T {
    const change = (): T => {
      this.#hasChangedRows = true;
      return fn((this.#session as Session).txn);
    };
    return this.#session === undefined ? this.write(change) : change();
  }

  change(handle: Handle, _path: string, fn: () => void): void {
    const change = (): void => {
      // A draft begins with what is stored.
      if (handle.id !== 0 && handle.draft === undefined) this.stateOf(handle);
      (this.#session as Session).changes.note(handle);
      fn();
    };
    if (this.#session === undefined) this.write(change);
    else change();
  }

  rowDraft(row: string, value: object, write: (value: unknown) => void): object {
    return this.#session === undefined ? value : this.#session.changes.rowDraft(row, value, write);
  }

  override dropRowDraft(row: string): void {
    this.#session?.changes.dropRowDraft(row);
  }

  idOf(object: object): number {
    return (this.#session as Session).changes.idOf(object, (handle) => this.handles.set(handle.id, handle));
  }

  protected get presence(): Presence {
    return (this.#session as Session).changes.presence;
  }

  override flush(): void {
    if (this.#session !== undefined) this.#session.changes.flush(this.#session.txn);
  }

  /** Ends the read transaction, if one is open: the next read sees the newest commit. */
  refresh(): void {
    if (this.#session === undefined) this.#stale();
  }

  #begin(): ReadTransaction {
    const reading = this.base.environment.read();
    this.#reading = reading;
    queueMicrotask(() => {
      if (this.#reading === reading) this.#stale();
    });
    this.#moveTo(reading.tid);
    this.isFresh = true;
    return reading;
  }

  #stale(): void {
    this.isFresh = false;
    this.#endReading();
  }

  #endReading(): void {
    this.handles.release();
    this.#reading?.end();
    this.#reading = undefined;
  }

  /** After a commit of its own: if that has changed objects only, all that has changed is known, and the log need not be read. */
  #moveOn(changes: Changeset): void {
    if (!changes.hasWritten || this.#hasChangedRows || this.base.state.writing !== undefined) return;
    this.#tid++;
    this.onMove?.();
  }

  /** From now on the states are those of a commit: what others have changed since is read again. */
  #moveTo(tid: number): void {
    const from = this.#tid;
    if (tid === from) return;
    this.#tid = tid;
    this.onMove?.();
    const changed = tid - from <= MOST_COMMITS && tid > from ? this.#changedSince(from, tid) : undefined;
    if (changed === undefined) this.handles.forEach(drop);
    else for (const id of changed) drop(this.handles.get(id));
  }

  /** The ids of the objects that commits have changed; undefined if the log does not tell. */
  #changedSince(from: number, to: number): number[] | undefined {
    const ids: number[] = [];
    for (let tid = from + 1; tid <= to; tid++) {
      const record = native.changeAfter(this.base.state.native, tid - 1);
      if (record === null || typeof record === 'number') return undefined;
      for (const { keys } of decodeRecord(new Uint8Array(record), tid, (name) => name === OBJECTS).changes) {
        if (keys === undefined) return undefined;
        for (const key of keys) ids.push(idAt(key, 0));
      }
    }
    return ids;
  }
}

function drop(handle: Handle | undefined): void {
  if (handle !== undefined) handle.state = undefined;
}
