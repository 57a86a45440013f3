import type { Row } from './pending-rows.ts';
import { type RowRange, rangeAfter } from './row-range.ts';

/** How many entries are read at once: few at first, since many loops end early. */
const FIRST_PAGE = 8;
const LARGEST_PAGE = 512;

/** What an iterator reads. */
export interface PagedRows {
  /** The transaction that reads see; undefined while the collection is not stored. */
  readonly reading: object | undefined;
  /** Goes up with each change of the collection. */
  readonly changes: number;
  page(range: RowRange, keysOnly: boolean): readonly Row[];
}

/**
 * Iterates over entries in the order of their keys. It goes on behind the entry that it gave last, whatever was changed meanwhile: what was added or
 * deleted behind that entry counts, as with a Map. So it also goes on after a commit, in the version that its view sees by then.
 */
export class RowIterator<T> implements IterableIterator<T, undefined> {
  readonly #rows: PagedRows;
  readonly #make: (row: Row) => T;
  readonly #keysOnly: boolean;
  readonly #range: RowRange;
  /** The key of the entry that was given last. */
  #last: Uint8Array | undefined;
  #given = 0;
  #page: readonly Row[] = [];
  #at = 0;
  #size = FIRST_PAGE;
  #isLast = false;
  #isDone = false;
  #reading: object | undefined;
  #changes = -1;

  constructor(rows: PagedRows, range: RowRange, keysOnly: boolean, make: (row: Row) => T) {
    this.#rows = rows;
    this.#range = range;
    this.#keysOnly = keysOnly;
    this.#make = make;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    if (this.#isDone) return { done: true, value: undefined };
    const isAsRead = this.#rows.changes === this.#changes && this.#rows.reading === this.#reading;
    if (!isAsRead || this.#at === this.#page.length) this.#read(isAsRead);
    const row = this.#page[this.#at++];
    if (row === undefined) return this.return();
    this.#last = row.raw;
    this.#given++;
    return { done: false, value: this.#make(row) };
  }

  return(): IteratorResult<T, undefined> {
    this.#isDone = true;
    this.#page = [];
    return { done: true, value: undefined };
  }

  #read(isAsRead: boolean): void {
    this.#at = 0;
    this.#page = [];
    if (isAsRead && this.#isLast) return;
    this.#size = isAsRead ? Math.min(LARGEST_PAGE, 4 * this.#size) : FIRST_PAGE;
    const limit = Math.min(this.#range.limit - this.#given, this.#size);
    const left = this.#last === undefined ? this.#range : rangeAfter(this.#range, this.#last);
    this.#page = this.#rows.page({ ...left, limit }, this.#keysOnly);
    this.#isLast = this.#page.length < limit;
    this.#reading = this.#rows.reading;
    this.#changes = this.#rows.changes;
  }
}
