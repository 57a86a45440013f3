import { bareArray, freezeClass } from '../base/primordials.ts';
import { Key } from '../key/key.ts';
import { sameBytes } from '../lease/bytes.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf } from '../lease/sink.ts';
import { native } from '../native/native.ts';
import { Value } from '../value/value.ts';
import { Chunks } from './chunks.ts';
import { HeldLeases } from './held-leases.ts';
import { keyedHash, processSeed } from './keyed-hash.ts';
import { Slabs } from './slabs.ts';

/**
 * Row layout: [lease number, place]. The lease number is NONE in a row that was removed. The place is the key's place in the lease, which is
 * even, plus 1 if the key reads as a Key.
 */
const LEASE = 0;
const PLACE = 1;
const ROW = 2;
const NONE = 2 ** 32 - 1;

/** From this many keys of one lease on, a native call is faster than a loop in JavaScript. */
const MANY = 8;

const VALUES_BITS = 13;
const VALUES = 2 ** VALUES_BITS;

/** References to keys in leases, each with a value, in the order in which they were added. */
export class KeyRows<T> {
  readonly #rows = new Chunks();
  readonly #values: (T | undefined)[][] = bareArray();
  readonly #leases = new HeldLeases();
  readonly #slabs = new Slabs();
  readonly #seed0: number;
  readonly #seed1: number;
  #length = 0;

  constructor() {
    const seed = processSeed();
    this.#seed0 = seed[0] as number;
    this.#seed1 = seed[1] as number;
  }

  /** How many rows there are, including removed rows. */
  get length(): number {
    return this.#length;
  }

  /** Adds a row that refers to a place of a lease. */
  append(lease: Lease, at: number, isKey: boolean, value: T): void {
    const row = this.#length;
    this.#rows.reserve((row + 1) * ROW);
    // The first chunk of values grows. Each further chunk is allocated whole.
    if ((row & (VALUES - 1)) === 0) this.#values[row >>> VALUES_BITS] = bareArray(row === 0 ? 0 : VALUES);
    this.#rows.set(row * ROW + LEASE, this.#leases.hold(lease));
    this.#rows.set(row * ROW + PLACE, isKey ? at | 1 : at);
    this.setValue(row, value);
    this.#length++;
  }

  /** Adds a row for a copy of these bytes. */
  appendCopy(bytes: Uint8Array, start: number, length: number, isKey: boolean, value: T): void {
    const at = this.#slabs.add(bytes, start, length);
    this.append(this.#slabs.lease, at, isKey, value);
  }

  /** Adds a row of another table. If its key is in a slab of that table, copies the key to a slab of this table. */
  appendFrom(other: KeyRows<T>, row: number): void {
    const lease = other.#leaseOf(row);
    const at = other.#placeOf(row);
    const value = other.valueOf(row);
    if (lease.source !== undefined) this.append(lease, at, other.#isKey(row), value);
    else
      this.appendCopy(lease.keys, lease.table[at] as number, lease.table[at + 1] as number, other.#isKey(row), value);
  }

  remove(row: number): void {
    this.#leases.release(this.#rows.get(row * ROW + LEASE));
    this.#rows.set(row * ROW + LEASE, NONE);
    this.setValue(row, undefined as T);
  }

  isRemoved(row: number): boolean {
    return this.#rows.get(row * ROW + LEASE) === NONE;
  }

  /** Moves the row `from` to the number `to`, which must be that of a removed row or `from` itself. */
  move(from: number, to: number): void {
    if (from === to) return;
    this.#rows.set(to * ROW + LEASE, this.#rows.get(from * ROW + LEASE));
    this.#rows.set(to * ROW + PLACE, this.#rows.get(from * ROW + PLACE));
    this.setValue(to, this.valueOf(from));
    this.#rows.set(from * ROW + LEASE, NONE);
    this.setValue(from, undefined as T);
  }

  /** Drops the rows from number `length` on, all of which must be removed. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Whether the key of a row has these bytes. False for a key that has expired. */
  matches(row: number, bytes: Uint8Array, start: number, length: number): boolean {
    const lease = this.#leaseOf(row);
    const at = this.#placeOf(row);
    const { table } = lease;
    const place = lease.base + at;
    // The table of an expired lease is empty.
    return table[place + 1] === length && sameBytes(bytes, start, bytesOf(lease, at), table[place] as number, length);
  }

  /** Whether the keys of two rows have the same bytes. The key of `other` must not have expired. */
  matchesRow(row: number, other: number): boolean {
    const lease = this.#leaseOf(other);
    const at = this.#placeOf(other);
    const place = lease.base + at;
    return this.matches(row, bytesOf(lease, at), lease.table[place] as number, lease.table[place + 1] as number);
  }

  hash(bytes: Uint8Array, start: number, length: number): number {
    return keyedHash(bytes, start, length, this.#seed0, this.#seed1);
  }

  /** The hash of the key of a row. The key must not have expired. */
  hashOf(row: number): number {
    const lease = this.#leaseOf(row);
    const at = this.#placeOf(row);
    const place = lease.base + at;
    return this.hash(bytesOf(lease, at), lease.table[place] as number, lease.table[place + 1] as number);
  }

  /**
   * Writes the hashes of the rows from `first` to `end` to the beginning of `hashes`. Native code, which makes most of the hashes, also
   * prefetches the cells of a KeyIndex to which they lead.
   */
  hashAll(first: number, end: number, hashes: Uint32Array, cells: Uint32Array): void {
    for (let row = first; row < end; ) {
      const begin = row;
      const number = this.#rows.get(row * ROW + LEASE);
      const part = this.#placeOf(row) & 2;
      for (; row < end && this.#rows.get(row * ROW + LEASE) === number; row++) {
        const place = this.#placeOf(row);
        if ((place & 2) !== part) break;
        hashes[row - first] = place;
      }
      const lease = this.#leases.at(number);
      if (row - begin < MANY || lease.state === 'expired') {
        for (let i = begin; i < row; i++) hashes[i - first] = this.hashOf(i);
      } else {
        native.hashKeys(
          bytesOf(lease, part),
          lease.table,
          lease.base,
          hashes,
          begin - first,
          row - first,
          this.#seed0,
          this.#seed1,
          cells,
        );
      }
    }
  }

  isExpired(row: number): boolean {
    return this.#leaseOf(row).state === 'expired';
  }

  /** A sink on the key of a row: a Key if the key was added as a Key, else a Value. */
  keyOf(row: number): Key | Value {
    const lease = this.#leaseOf(row);
    const at = this.#placeOf(row);
    return this.#isKey(row) ? new Key(lease, at, null) : new Value(lease, at, null);
  }

  valueOf(row: number): T {
    return (this.#values[row >>> VALUES_BITS] as T[])[row & (VALUES - 1)] as T;
  }

  setValue(row: number, value: T): void {
    (this.#values[row >>> VALUES_BITS] as T[])[row & (VALUES - 1)] = value;
  }

  #leaseOf(row: number): Lease {
    return this.#leases.at(this.#rows.get(row * ROW + LEASE));
  }

  #placeOf(row: number): number {
    return this.#rows.get(row * ROW + PLACE) & ~1;
  }

  #isKey(row: number): boolean {
    return (this.#rows.get(row * ROW + PLACE) & 1) === 1;
  }
}

freezeClass(KeyRows);
