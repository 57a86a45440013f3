import { PrimordialUint8Array, PrimordialUint32Array, typedArraySet } from '../../base/primordials.ts';
import { compareBytes, copyBytes, copyInto } from '../../lease/bytes.ts';
import type { Duplicates } from './duplicates.ts';

/** What there is room for at first: four numbers a row. */
const PLACES = 4096;
/** And bytes: most imports are small, and clearing 18 MB takes ten times as long as all else that they do. */
const BYTES = 64 * 1024;

/** Encoded entries one after the other in memory: what one transaction stores. */
export class Rows {
  bytes: Uint8Array;
  /** For each row: offset and length of the key, offset and length of the value. */
  places: Uint32Array;
  /** The lengths of both; a program may have patched `length` to be handed the array. */
  #capacity: number;
  /** What the capacity grows to by doubling. */
  readonly #expected: number;
  #placesCapacity: number = PLACES;
  count = 0;
  /** Bytes of `bytes` that are used. */
  size = 0;
  /** Whether the values of a key are told apart, and in order: those of a collection with several values a key. */
  readonly pairs: boolean;
  /** Whether each row is greater than the one before it. */
  ordered = true;

  /** `expected`: how many bytes they will be at most, or little more. */
  constructor(expected: number, pairs: boolean) {
    this.pairs = pairs;
    this.#expected = expected;
    this.#capacity = Math.min(expected, BYTES);
    this.bytes = new PrimordialUint8Array(this.#capacity);
    this.places = new PrimordialUint32Array(PLACES);
  }

  /** The memory that they take, in bytes. */
  get footprint(): number {
    return this.#capacity + 4 * this.#placesCapacity;
  }

  clear(): void {
    this.count = 0;
    this.size = 0;
    this.ordered = true;
  }

  /** Adds an entry whose key and value are copied. */
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

  /** Adds what stands in `source` from `start` to `end`, `count` entries whose places, counted from there, are given. */
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

  /** The order of two rows: that of their keys, and of their values where those count. */
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

  /** Puts the rows in order. Of equal ones, one stays. */
  sort(duplicates: Duplicates): void {
    if (this.ordered) return;
    const { places, count } = this;
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    order.sort((a, b) => this.compare(a, b) || a - b);
    const sorted = new PrimordialUint32Array(this.#placesCapacity);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = order[i] as number;
      // Equal rows stand next to each other, in the order in which they came.
      const other = order[duplicates.keepsFirst ? i - 1 : i + 1];
      if (other !== undefined && this.compare(row, other) === 0) {
        duplicates.add(this.bytes, places[4 * row] as number, places[4 * row + 1] as number);
        continue;
      }
      for (let k = 0; k < 4; k++) sorted[4 * kept + k] = places[4 * row + k] as number;
      kept++;
    }
    this.places = sorted;
    this.count = kept;
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
      const grown = new PrimordialUint32Array(this.#placesCapacity);
      typedArraySet(grown, this.places);
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
    const grown = new PrimordialUint8Array(this.#capacity);
    copyInto(grown, 0, this.bytes, 0, this.size);
    this.bytes = grown;
  }
}
