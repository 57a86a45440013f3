import { typedArrayBuffer } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { copyBytes } from '../lease/bytes.ts';
import { Lease, NO_LEASE, ROW_NUMBERS, type Views } from '../lease/lease.ts';
import { currentTable } from '../lease/row-table.ts';
import { CONTROL_BYTES, CONTROL_CHANGES, CONTROL_DONE, PRIVATE_ROW } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { answered, control, native } from '../native/native.ts';
import { nextPrivate } from '../transaction/copied-reads.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenCollection } from './open-collection.ts';

/** How many rows are copied at once, at first and at most. The first batch is small, so that a short range copies few rows that nobody reads. */
const FIRST_ROWS = 8;
const MOST_ROWS = 128;

/**
 * Iterates over a range as private copies, which it makes of several entries at once. In a transaction that writes, entries that were read
 * ahead are read again if anything was written since. So each step gives what the transaction sees at that moment. With `lends`, which
 * is for an optimistic transaction, entries are lent as long as nothing is written.
 */
export class CopiedRows {
  readonly #collection: OpenCollection;
  readonly #transaction: OpenTransaction;
  readonly #cursor: Handle;
  readonly #lends: boolean;
  /** The lease of the entry that `next` has found, and its place in the lease. */
  lease: Lease = NO_LEASE;
  at = 0;
  #end = 0;
  #rows = FIRST_ROWS;
  #last = false;
  #changes = 0;

  constructor(collection: OpenCollection, transaction: OpenTransaction, cursor: Handle, lends: boolean) {
    this.#collection = collection;
    this.#transaction = transaction;
    this.#cursor = cursor;
    this.#lends = lends;
  }

  /** Goes to the next entry; false at the end. The transaction must be open. */
  next(): boolean {
    if (this.#transaction.changes && control[CONTROL_CHANGES] !== this.#changes) {
      const left = (this.#end - this.at) / ROW_NUMBERS - 1;
      // A program that writes in its loop usually writes in each pass, so read nothing ahead any more.
      if (this.#end > 0) this.#rows = 1;
      return this.#fill(left > 0 ? left : 0);
    }
    if (this.at + ROW_NUMBERS < this.#end) {
      this.at += ROW_NUMBERS;
      return true;
    }
    return !this.#last && this.#fill(0);
  }

  /** How many entries were read ahead. */
  get unread(): number {
    return this.#end === 0 ? 0 : (this.#end - this.at) / ROW_NUMBERS - 1;
  }

  /** Forgets what was read ahead: the cursor has been moved. */
  leave(): void {
    this.at = this.#end = 0;
    this.#rows = FIRST_ROWS;
    this.#last = false;
  }

  #fill(takeBack: number): boolean {
    const views = this.#collection.viewsIn(this.#transaction);
    this.#changes = control[CONTROL_CHANGES] as number;
    this.at = this.#end = 0;
    const count = this.#lends && takeBack === 0 ? this.#lend(views) : this.#copy(views, takeBack);
    this.#end = count * ROW_NUMBERS;
    if (this.#rows < MOST_ROWS) this.#rows *= 4;
    return count > 0;
  }

  /** Fetches a batch that is lent. Returns how many rows it has. */
  #lend(views: Views): number {
    const transaction = this.#transaction as OpenRead;
    const lease = transaction.lend(views);
    const count = transaction.nextBatch(this.#cursor, lease, this.#rows);
    if (count === PRIVATE_ROW) return this.#takeOne(views);
    this.#last = control[CONTROL_DONE] === 1;
    if (count > 0) lease.aim(currentTable(), transaction.environment.windows);
    this.lease = lease;
    return count;
  }

  #copy(views: Views, takeBack: number): number {
    const target = writer.position;
    const count = answered(native.rangeNextCopies(this.#cursor, target, this.#rows, takeBack));
    if (count === PRIVATE_ROW) return this.#takeOne(views);
    this.#last = control[CONTROL_DONE] === 1;
    if (count === 0) return 0;
    const bytes = copyBytes(writer.bytes, target, control[CONTROL_BYTES] as number);
    this.lease = Lease.copied(views, typedArrayBuffer(bytes), count);
    return count;
  }

  /** Fetches one entry that can only be copied alone. */
  #takeOne(views: Views): number {
    this.#last = false;
    const lease = nextPrivate(this.#cursor, views);
    if (lease === undefined) return 0;
    this.lease = lease;
    return 1;
  }
}
