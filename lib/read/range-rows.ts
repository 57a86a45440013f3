import { invalidType } from '../base/errors.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { writer } from '../base/writer.ts';
import { nextInGroup, splitGroups } from '../lease/group.ts';
import { type Lease, ROW_NUMBERS } from '../lease/lease.ts';
import { currentTable } from '../lease/row-table.ts';
import { CONTROL_COLLECTED, CONTROL_DONE, CONTROL_RUN, PRIVATE_ROW, RANGE_KEYS_ONLY } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { control, native } from '../native/native.ts';
import { nextPrivate } from '../transaction/copied-reads.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { transactionEnded } from '../transaction/open-write.ts';
import { Bounds } from './bounds.ts';
import { CopiedRows } from './copied-rows.ts';
import { NO_COLLECTION, OpenCollection } from './open-collection.ts';
import { encodeAlone, placeLength, type RangePlace, writePlace } from './range-place.ts';

/** What an iterator returns of each entry. */
export const ENTRIES = 0;
export const KEYS = 1;
export const VALUES = 2;
export type Part = typeof ENTRIES | typeof KEYS | typeof VALUES;

/** The place of an iterator that has reached its end, and the end of its batch: so low that a step always calls `advance`. */
const END = -8;
const NO_BATCH = -(2 ** 30);

/** How many rows a batch has at first and at most. Batches grow, so that a short range reads little ahead. */
const FIRST_ROWS = 8;
const MOST_ROWS = 512;

/**
 * The rows of a range, which it fetches in batches: what is behind an iterator. It has plain properties, since each of the classes of range-classes.ts reads them;
 * a program never gets one.
 */
export class RangeRows {
  readonly #collection: OpenCollection;
  readonly #bounds: Bounds;
  readonly part: Part;
  transaction: OpenTransaction | undefined;
  /** The user's transaction object. The iterator refers to it, so that it is not collected in the middle. */
  owner: object | undefined;
  /** The transaction that this iteration opened itself. */
  #own: OpenRead | undefined;
  #cursor: Handle = -1;
  /** The lease of the batch, the place of the next row in it, and the place after the last row. */
  lease: Lease | undefined;
  at = 0;
  end = 0;
  #rows = FIRST_ROWS;
  #last = false;
  /** If the batch is a group: its first lease, how many rows a lease has, and how many rows are behind those of the present one. */
  #first: Lease | undefined;
  #run = 0;
  #left = 0;
  /** The source of rows if the transaction lends nothing. */
  #copied: CopiedRows | undefined;
  #done = false;
  /** For `apply`. */
  readonly self: readonly [RangeRows] = [this];

  constructor(
    collection: OpenCollection,
    bounds: Bounds,
    transaction: OpenTransaction | undefined,
    owner: object | undefined,
    part: Part,
  ) {
    this.owner = owner;
    this.#collection = OpenCollection.check(collection);
    this.#bounds = bounds;
    this.transaction = transaction;
    this.part = part;
  }

  /** Throws `ERR_INVALID_ARG_TYPE` for anything else: a program can find the constructor of iterators, and call it with anything. */
  static check(value: unknown): RangeRows {
    if (typeof value === 'object' && value !== null && #done in value) return value;
    throw invalidType('rows', 'what collection.range() passes', value);
  }

  get name(): string {
    return this.#collection.name;
  }

  /** See `SeekableIterator.seek`. */
  seek(target: unknown): void {
    const { key } = this.#bounds;
    const given = encodeAlone(key === undefined ? this.#collection.key : this.#collection.value, target);
    if (this.#done) return;
    const start = writer.position;
    try {
      this.#seek(key === undefined ? { key: given, value: undefined } : { key, value: given }, start);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      writer.position = start;
      writer.trim();
    }
  }

  #seek(place: Pick<RangePlace, 'key' | 'value'>, at: number): void {
    if (this.#cursor === -1) this.#open();
    if (this.transaction?.open !== true) throw transactionEnded('while it was being iterated');
    writer.reserve(placeLength(place));
    const length = writePlace(writer.bytes, at, place) - at;
    const unread = this.#copied === undefined ? (this.end - this.at) / ROW_NUMBERS + this.#left : this.#copied.unread;
    this.#copied?.leave();
    this.at = this.end = this.#left = 0;
    this.#rows = FIRST_ROWS;
    this.#last = false;
    native.rangeSeek(this.#cursor, at, length, place.value !== undefined, unread);
  }

  /** Fetches the next batch. Returns the place of its first row, or END after the last batch. */
  advance(): number {
    if (this.#done) return END;
    try {
      if (this.#cursor === -1) this.#open();
      const transaction = this.transaction as OpenTransaction;
      if (!transaction.open) throw transactionEnded('while it was being iterated');
      if (this.#left > 0) return this.#goOn();
      const at =
        transaction.lends && !transaction.changes ? this.#fill(transaction as OpenRead) : this.#copy(transaction);
      if (at !== END) return at;
    } catch (error) {
      this.close();
      throw error;
    }
    this.close();
    return END;
  }

  #open(): void {
    const { environment } = this.#collection;
    environment.checkOpen();
    if (this.transaction === undefined) {
      this.#own = new OpenRead(environment, (this.#bounds.onEnd ?? environment.onEnd) === 'invalidate');
      this.transaction = this.#own;
      environment.endIfForgotten(this, this.#own);
    } else if (!this.transaction.open) {
      throw transactionEnded();
    }
    this.#cursor = this.#collection.openCursor(
      this.transaction,
      this.#bounds,
      this.part === KEYS ? RANGE_KEYS_ONLY : 0,
    );
  }

  /** Fetches a batch that is lent. */
  #fill(transaction: OpenRead): number {
    if (this.#last) return END;
    const views = this.#collection.viewsIn(transaction);
    const lease = transaction.lend(views);
    const count = transaction.nextBatch(this.#cursor, lease, this.#rows);
    if (count === PRIVATE_ROW) {
      this.lease = nextPrivate(this.#cursor, views);
      this.end = 4;
      return this.lease === undefined ? END : 0;
    }
    this.#last = control[CONTROL_DONE] === 1;
    if (count === 0) return END;
    const run = control[CONTROL_RUN] as number;
    const collected = control[CONTROL_COLLECTED] === 1;
    lease.aim(currentTable(), transaction.environment.windows);
    this.lease = this.#first = lease;
    this.#run = run;
    this.#left = count - run;
    this.end = run * ROW_NUMBERS;
    this.#rows = this.#rows * 4 < MOST_ROWS ? this.#rows * 4 : MOST_ROWS;
    if (run < count) transaction.hasGroups = true;
    if (collected) splitGroups(transaction);
    return 0;
  }

  /** Takes the rows of the next lease of the batch. */
  #goOn(): number {
    this.lease = nextInGroup(this.#first as Lease, this.lease as Lease, this.#run);
    const rows = this.#left < this.#run ? this.#left : this.#run;
    this.#left -= rows;
    this.end = rows * ROW_NUMBERS;
    return 0;
  }

  /** Fetches one copied row. A batch has one row, so that CopiedRows can see before each step whether anything was written. */
  #copy(transaction: OpenTransaction): number {
    this.#copied ??= new CopiedRows(this.#collection, transaction, this.#cursor, transaction.lends);
    if (!this.#copied.next()) return END;
    const { lease, at } = this.#copied;
    this.lease = lease;
    this.end = at + 4;
    return at;
  }

  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.end = NO_BATCH;
    const own = this.#own;
    if (own !== undefined && own.nextEnding === null) {
      own.nextEnding = own.environment.ending;
      own.environment.ending = own;
    }
    // The end of a transaction closes its cursors.
    if (this.#cursor !== -1 && this.transaction?.open === true) native.rangeClose(this.#cursor);
    own?.end();
    this.owner = undefined;
  }
}

/** Rows of nothing. */
export const NO_RANGE_ROWS: RangeRows = new RangeRows(
  NO_COLLECTION,
  Bounds.of(undefined, NO_COLLECTION),
  undefined,
  undefined,
  ENTRIES,
);
keepHiddenClass(NO_RANGE_ROWS);
