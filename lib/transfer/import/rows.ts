import { allocate, allocateBytes } from '../../base/allocate.ts';
import { compareBytes, copyBytes, copyInto } from '../../lease/bytes.ts';
import type { Duplicates } from './duplicates.ts';

/** The first size of `places`, which has four numbers a row. */
const PLACES = 4096;
/** The first size of `bytes`. It is small: for most imports, clearing 18 MB would take ten times as long as everything else. */
const BYTES = 64 * 1024;

/** A batch of encoded entries, one after the other in memory. One transaction stores it. */
export class Rows {
  bytes: Uint8Array;
  /** For each row: offset and length of the key, offset and length of the value. */
  places: Uint32Array;
  /** The length of `bytes`. Read this and not `bytes.length`, whose getter a program may have patched to get the array. */
  #capacity: number;
  /** Up to this size, the capacity doubles. */
  readonly #expected: number;
  #placesCapacity: number = PLACES;
  count = 0;
  /** How many bytes of `bytes` are in use. */
  size = 0;
  /** Whether rows are compared by key and value, not by key alone: for collections with several values a key. */
  readonly pairs: boolean;
  /** Whether each row is greater than the one before it. */
  ordered = true;

  /** `expected` is about how many bytes there will be at most. */
  constructor(expected: number, pairs: boolean) {
    this.pairs = pairs;
    this.#expected = expected;
    this.#capacity = Math.min(expected, BYTES);
    this.bytes = allocateBytes(this.#capacity);
    this.places = new Uint32Array(PLACES);
  }

  /** The memory that the rows take, in bytes. */
  get footprint(): number {
    return this.#capacity + 4 * this.#placesCapacity;
  }

  clear(): void {
    this.count = 0;
    this.size = 0;
    this.ordered = true;
  }

  /** Adds an entry. Copies its key and value. */
  add(
    source: Uint8Array,
    keyAt: number,
    keyLength: number,
    value: Uint8Array,
    valueAt: number,
    valueLength: number,
  ): void {
    const at = this.size;
    this.#reserve(keyLength + valueLength);
    copyInto(this.bytes, at, source, keyAt, keyLength);
    copyInto(this.bytes, at + keyLength, value, valueAt, valueLength);
    this.size = at + keyLength + valueLength;
    this.#place(at, keyLength, at + keyLength, valueLength);
  }

  /** Adds the entries in `source` from `start` to `end`. Copies them. Their `places` are relative to `start`. */
  addAll(source: Uint8Array, start: number, end: number, places: readonly number[]): void {
    const at = this.size;
    this.#reserve(end - start);
    copyInto(this.bytes, at, source, start, end - start);
    this.size = at + end - start;
    for (let i = 0; i < places.length; i += 4) {
      this.#place(
        at + (places[i] as number),
        places[i + 1] as number,
        at + (places[i + 2] as number),
        places[i + 3] as number,
      );
    }
  }

  /** Compares two rows: by their keys, and with `pairs` then by their values. */
  compare(a: number, b: number): number {
    const order = this.#compareParts(4 * a, 4 * b);
    return order === 0 && this.pairs ? this.#compareParts(4 * a + 2, 4 * b + 2) : order;
  }

  /** A copy. */
  key(row: number): Uint8Array {
    const at = this.places[4 * row] as number;
    return copyBytes(this.bytes, at, this.places[4 * row + 1] as number);
  }

  /** A copy. */
  value(row: number): Uint8Array {
    const at = this.places[4 * row + 2] as number;
    return copyBytes(this.bytes, at, this.places[4 * row + 3] as number);
  }

  /** Sorts the rows. Of equal rows, one stays. */
  sort(duplicates: Duplicates): void {
    if (this.ordered) return;
    const { places, count } = this;
    const order = new Uint32Array(allocate(count * 4));
    for (let i = 0; i < count; i++) order[i] = i;
    order.sort((a, b) => this.compare(a, b) || a - b);
    const sorted = new Uint32Array(allocate(this.#placesCapacity * 4));
    let stayed = 0;
    for (let i = 0; i < count; i++) {
      const row = order[i] as number;
      // Equal rows are next to each other, in the order in which they were added.
      const other = order[duplicates.firstStays ? i - 1 : i + 1];
      if (other !== undefined && this.compare(row, other) === 0) {
        duplicates.add(this.bytes, places[4 * row] as number, places[4 * row + 1] as number);
        continue;
      }
      for (let k = 0; k < 4; k++) sorted[4 * stayed + k] = places[4 * row + k] as number;
      stayed++;
    }
    this.places = sorted;
    this.count = stayed;
    this.ordered = true;
  }

  #compareParts(a: number, b: number): number {
    const { bytes, places } = this;
    return compareBytes(
      bytes,
      places[a] as number,
      places[a + 1] as number,
      bytes,
      places[b] as number,
      places[b + 1] as number,
    );
  }

  #place(keyAt: number, keyLength: number, valueAt: number, valueLength: number): void {
    const row = this.count;
    if (4 * row === this.#placesCapacity) {
      this.#placesCapacity *= 2;
      const grown = new Uint32Array(allocate(this.#placesCapacity * 4));
      grown.set(this.places);
      this.places = grown;
    }
    const { places } = this;
    places[4 * row] = keyAt;
    places[4 * row + 1] = keyLength;
    places[4 * row + 2] = valueAt;
    places[4 * row + 3] = valueLength;
    this.count = row + 1;
    if (row > 0 && this.ordered && this.compare(row - 1, row) >= 0) this.ordered = false;
  }

  #reserve(length: number): void {
    const needed = this.size + length;
    if (needed <= this.#capacity) return;
    const larger =
      this.#capacity < this.#expected ? Math.min(2 * this.#capacity, this.#expected) : Math.ceil(1.5 * this.#capacity);
    this.#capacity = Math.max(needed, larger);
    const grown = allocateBytes(this.#capacity);
    copyInto(grown, 0, this.bytes, 0, this.size);
    this.bytes = grown;
  }
}
