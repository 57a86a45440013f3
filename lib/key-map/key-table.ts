import { outOfRange } from '../base/errors.ts';
import { freezeClass, PrimordialUint32Array } from '../base/primordials.ts';
import { bytesOf, lengthOf, type Place, startOf } from '../lease/sink.ts';
import { Epoch } from './epoch.ts';
import { KeyIndex, MOST_ROWS, rowAt } from './key-index.ts';
import { KeyRows } from './key-rows.ts';

/** A table with at most this many removed rows is not compacted. */
const FEW = 32;
/** The most rows that can wait for the index. */
const BATCH = 256;

/** The hashes of the rows that are being added to an index. All tables share this array. */
const hashes = new PrimordialUint32Array(BATCH);

/**
 * Keys with their values, found by the bytes of the keys.
 *
 * Keys that are set one after the other, with no lookup in between, are added to the index in batches. Added alone, each would wait for
 * memory; in a batch, native code hashes the keys, and the waits overlap. A key that could expire before its batch is added at once.
 */
export class KeyTable<T> {
  #rows = new KeyRows<T>();
  #index = new KeyIndex();
  /** How many rows are in the index, including removed rows. The rows after them wait. */
  #indexed = 0;
  /** Whether the next key may wait: the last call has set a key. */
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
   * Sets the value of the key at `place`. Refers to a key that a transaction or another source has lent. Copies the bytes of any other key,
   * and also those of a part of a key or value, and of the entry of a scan.
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

  /** Sets the value of a key with these bytes, which are copied. */
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

  /** If there is a key with these bytes, replaces its value. If not, returns false, and throws if there is no room for it. */
  #replace(bytes: Uint8Array, start: number, length: number, hash: number, value: T): boolean {
    const row = this.#find(bytes, start, length, hash);
    if (row >= 0) this.#rows.setValue(row, value);
    else if (this.#rows.length >= MOST_ROWS) throw tooMany();
    return row >= 0;
  }

  /** The row of the key with these bytes; -1 if there is none. Does not find keys that have expired. */
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

  /** Adds the waiting rows to the index. The next key may not wait, since a lookup often comes before each `set`. */
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

  /** The row in the index whose key has the same bytes as the key of the row `other`; -1 if there is none. */
  #findRow(other: number, hash: number): number {
    const index = this.#index;
    const { cells } = index;
    for (let place = index.start(hash); ; place = index.after(place)) {
      const row = rowAt(cells, place);
      if (row < 0 || (cells[place] === hash && this.#rows.matchesRow(row, other))) return row;
    }
  }

  /** Removes a row that `find` has just returned. */
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

  /** Copies the rows to a new table, without the removed ones. */
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

  /** The first row from `row` on that is not removed; -1 if there is none. */
  next(row: number): number {
    this.#settle();
    for (let i = row < this.#first ? this.#first : row; i < this.#rows.length; i++) {
      if (!this.#rows.isRemoved(i)) return i;
    }
    return -1;
  }

  /** For reading rows that are not removed. */
  get rows(): KeyRows<T> {
    return this.#rows;
  }
}

freezeClass(KeyTable);

function tooMany(): RangeError {
  return outOfRange('the size of a KeyMap', `at most ${MOST_ROWS} entries`, MOST_ROWS + 1);
}
