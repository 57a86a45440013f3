import { outOfRange } from '../base/errors.ts';
import { freezeClass, PrimordialUint32Array } from '../base/primordials.ts';
import { bytesOf, lengthOf, type Place, startOf } from '../lease/sink.ts';
import { Epoch } from './epoch.ts';
import { KeyIndex, MOST_ROWS, rowAt } from './key-index.ts';
import { KeyRows } from './key-rows.ts';

/** So many rows may stay removed in a small table. */
const FEW = 32;
/** How many rows may wait for the index. */
const BATCH = 256;

/** The hashes of the rows that are brought into an index. */
const hashes = new PrimordialUint32Array(BATCH);

/**
 * Keys with their values, found by the bytes of the keys.
 *
 * Keys that are put in one after the other wait for the index, up to a batch of them, which native code hashes: each alone
 * would cost a wait for memory, and those of a batch overlap. Only keys that cannot expire meanwhile do.
 */
export class KeyTable<T> {
  #rows = new KeyRows<T>();
  #index = new KeyIndex();
  /** How many rows are in the index, removed ones included; those from there on wait. */
  #indexed = 0;
  /** Whether what is put in may wait: so it is while nothing is looked up in between. */
  #waits = false;
  #removed = 0;
  /** All rows before this one are removed. */
  #first = 0;
  #epoch = new Epoch();

  static isGenuine(table: KeyTable<unknown>): boolean {
    return typeof table === 'object' && table !== null && #rows in table;
  }

  get size(): number {
    this.#settle();
    return this.#rows.length - this.#removed;
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  /**
   * Puts in the key at `place`. What a transaction or a source lends is referred to; the bytes of other keys are copied,
   * as are those of a part of an entry, and of a lease that will be re-aimed.
   */
  set(place: Place, isKey: boolean, value: T): void {
    const { lease, at, span } = place;
    const bytes = bytesOf(lease, at);
    const start = startOf(lease, at, span);
    const length = lengthOf(lease, at, span);
    const { source } = lease;
    if (source === undefined || lease.reaimed || span !== null) {
      this.setCopy(bytes, start, length, isKey, value);
    } else if (this.#waits && !source.invalidate && this.#rows.length < MOST_ROWS) {
      this.#rows.append(lease, at, isKey, value);
      if (this.#rows.length - this.#indexed === BATCH) this.#settle();
      this.#waits = true;
    } else {
      const hash = this.#hash(bytes, start, length);
      if (this.#replace(bytes, start, length, hash, value)) return;
      this.#rows.append(lease, at, isKey, value);
      this.#index.add(hash, this.#indexed++);
      this.#waits = true;
    }
  }

  /** Puts in a copy of these bytes. */
  setCopy(bytes: Uint8Array, start: number, length: number, isKey: boolean, value: T): void {
    const hash = this.#hash(bytes, start, length);
    if (this.#replace(bytes, start, length, hash, value)) return;
    this.#rows.appendCopy(bytes, start, length, isKey, value);
    this.#index.add(hash, this.#indexed++);
  }

  #hash(bytes: Uint8Array, start: number, length: number): number {
    this.#settle();
    return this.#rows.hash(bytes, start, length);
  }

  /** Gives the key with these bytes another value; false if there is none, and room for it now. */
  #replace(bytes: Uint8Array, start: number, length: number, hash: number, value: T): boolean {
    const row = this.#find(bytes, start, length, hash);
    if (row >= 0) this.#rows.setValue(row, value);
    else if (this.#rows.length >= MOST_ROWS) throw tooMany();
    return row >= 0;
  }

  /** The row whose key has these bytes, -1 if there is none. A key that has expired has none. */
  find(bytes: Uint8Array, start: number, length: number): number {
    return this.#find(bytes, start, length, this.#hash(bytes, start, length));
  }

  #find(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const index = this.#index;
    const { cells } = index;
    for (let place = index.start(hash); ; place = index.after(place)) {
      const row = rowAt(cells, place);
      if (row < 0 || (cells[place] === hash && this.#rows.matches(row, bytes, start, length))) return row;
    }
  }

  /** Brings what waits into the index. What is looked up next is likely to be put in next. */
  #settle(): void {
    if (!this.#waits) return;
    this.#waits = false;
    if (this.#indexed < this.#rows.length) this.#addWaiting();
  }

  #addWaiting(): void {
    const rows = this.#rows;
    const first = this.#indexed;
    const end = rows.length;
    rows.hashAll(first, end, hashes, this.#index.cells);
    for (let row = first; row < end; row++) {
      const hash = hashes[row - first] as number;
      const known = this.#findRow(row, hash);
      if (known >= 0) {
        rows.setValue(known, rows.valueOf(row));
        rows.remove(row);
      } else {
        rows.move(row, this.#indexed);
        this.#index.add(hash, this.#indexed++);
      }
    }
    rows.truncate(this.#indexed);
  }

  /** The row in the index whose key has the bytes of that of `other`, -1 if there is none. */
  #findRow(other: number, hash: number): number {
    const index = this.#index;
    const { cells } = index;
    for (let place = index.start(hash); ; place = index.after(place)) {
      const row = rowAt(cells, place);
      if (row < 0 || (cells[place] === hash && this.#rows.matchesRow(row, other))) return row;
    }
  }

  /** Removes a row that `find` has just given. */
  remove(row: number): void {
    this.#index.remove(this.#rows.hashOf(row), row);
    this.#rows.remove(row);
    this.#removed++;
    if (row === this.#first) this.#first++;
    if (this.#removed > FEW && this.#removed > this.#rows.length >>> 1) this.#compact();
  }

  clear(): void {
    this.#rows = new KeyRows();
    this.#index = new KeyIndex();
    this.#indexed = this.#removed = this.#first = 0;
    this.#waits = false;
    this.#epoch = this.#epoch.clear();
  }

  /** Leaves the removed rows behind. */
  #compact(): void {
    const rows = this.#rows;
    const kept = new KeyRows<T>();
    const removed = new PrimordialUint32Array((rows.length >>> 5) + 1);
    for (let row = 0; row < rows.length; row++) {
      if (!rows.isRemoved(row)) kept.appendFrom(rows, row);
      else removed[row >>> 5] = (removed[row >>> 5] as number) | (1 << (row & 31));
    }
    const next = this.#epoch.end(removed, rows.length);
    this.#index.renumber(this.#epoch);
    this.#rows = kept;
    this.#indexed = kept.length;
    this.#removed = this.#first = 0;
    this.#epoch = next;
  }

  /** The first row from `row` on that is not removed, -1 if there is none. */
  next(row: number): number {
    this.#settle();
    for (let i = row < this.#first ? this.#first : row; i < this.#rows.length; i++) {
      if (!this.#rows.isRemoved(i)) return i;
    }
    return -1;
  }

  /** What is known of a row that is not removed. */
  get rows(): KeyRows<T> {
    return this.#rows;
  }
}

freezeClass(KeyTable);

function tooMany(): RangeError {
  return outOfRange('the size of a KeyMap', `at most ${MOST_ROWS} entries`, MOST_ROWS + 1);
}
