import { typedArrayBuffer } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { copyBytes } from '../lease/bytes.ts';
import { Lease, NO_LEASE, ROW_NUMBERS } from '../lease/lease.ts';
import { CONTROL_BYTES, CONTROL_CHANGES, CONTROL_DONE, PRIVATE_ROW } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { answered, control, native } from '../native/native.ts';
import { nextPrivate } from '../transaction/copied-reads.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenCollection } from './open-collection.ts';

/** How many rows are copied at once. It begins with few, so that a short range copies few rows that nobody asks for. */
const FIRST_ROWS = 8;
const MOST_ROWS = 128;

/**
 * Goes through a range as private copies, of several entries at a time. In a write transaction, what was read ahead is read
 * again if anything was written since: each step shows what is there when it is made.
 */
export class CopiedRows {
  readonly #collection: OpenCollection;
  readonly #transaction: OpenTransaction;
  readonly #cursor: Handle;
  /** Where the entry stands that \`next\` has found. */
  lease: Lease = NO_LEASE;
  at = 0;
  #end = 0;
  #rows = FIRST_ROWS;
  #last = false;
  #changes = 0;

  constructor(collection: OpenCollection, transaction: OpenTransaction, cursor: Handle) {
    this.#collection = collection;
    this.#transaction = transaction;
    this.#cursor = cursor;
  }

  /** Goes to the next entry; false at the end. The transaction must be open. */
  next(): boolean {
    if (this.#transaction.writes && control[CONTROL_CHANGES] !== this.#changes) {
      const left = (this.#end - this.at) / ROW_NUMBERS - 1;
      // A program that writes in its loop usually writes in each pass, so nothing is read ahead.
      if (this.#end > 0) this.#rows = 1;
      return this.#fill(left > 0 ? left : 0);
    }
    if (this.at + ROW_NUMBERS < this.#end) {
      this.at += ROW_NUMBERS;
      return true;
    }
    return !this.#last && this.#fill(0);
  }

  #fill(takeBack: number): boolean {
    const views = this.#collection.viewsIn(this.#transaction);
    this.#changes = control[CONTROL_CHANGES] as number;
    this.at = this.#end = 0;
    const target = writer.position;
    const count = answered(native.rangeNextCopies(this.#cursor, target, this.#rows, takeBack));
    this.#last = count !== PRIVATE_ROW && control[CONTROL_DONE] === 1;
    if (count === PRIVATE_ROW) {
      const lease = nextPrivate(this.#cursor, views);
      if (lease === undefined) return false;
      this.lease = lease;
      this.#end = ROW_NUMBERS;
      return true;
    }
    if (count === 0) return false;
    const bytes = copyBytes(writer.bytes, target, control[CONTROL_BYTES] as number);
    this.lease = Lease.copied(views, typedArrayBuffer(bytes), count);
    this.#end = count * ROW_NUMBERS;
    if (this.#rows < MOST_ROWS) this.#rows *= 4;
    return true;
  }
}
