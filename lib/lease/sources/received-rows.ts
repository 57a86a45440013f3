import { freezeClass, PrimordialUint32Array, typedArrayBuffer, typedArrayByteOffset } from '../../base/primordials.ts';
import { SOURCE_ENDED } from '../../native/constants.ts';
import { native } from '../../native/native.ts';
import { type Lease, NO_LEASE, ROW_NUMBERS, type Views } from '../lease.ts';
import { ONLY_VALUE } from '../sink.ts';
import { type BufferSource, openWindow } from './buffer-source.ts';
import { sourceEnded } from './source-ended.ts';

/**
 * The place of rows in a block: `size` bytes from byte `begin` of the block on. In these bytes, a table of `rows` rows begins at byte `table`.
 * A row is four little-endian u32: key offset, key length, value offset, value length. Offsets count from `begin`.
 */
export interface ReceivedTable {
  readonly begin: number;
  readonly size: number;
  readonly table: number;
  readonly rows: number;
}

/** Rows in a block, with a table that is also in the block. Rows share leases: there is one for each sequence of rows of about 16 KiB. */
export class ReceivedRows {
  /** How many rows there are. */
  readonly length: number;
  readonly #source: BufferSource;
  readonly #views: Views;
  readonly #place: ReceivedTable;
  readonly #bytes: Uint8Array;
  readonly #table: Uint32Array;
  /** The last lease, which covers the rows from `#first` on and before `#end`. */
  #lease: Lease = NO_LEASE;
  #first = 0;
  #end = 0;

  /** The bounds of the table must have been checked. */
  constructor(source: BufferSource, views: Views, place: ReceivedTable) {
    const { begin, table, rows } = place;
    const bytes = openWindow(source, begin);
    this.length = rows;
    this.#source = source;
    this.#views = views;
    this.#place = place;
    this.#bytes = bytes;
    const at = typedArrayByteOffset(bytes) + table;
    this.#table = new PrimordialUint32Array(typedArrayBuffer(bytes), at, rows * ROW_NUMBERS);
  }

  /** A view of a row's key; undefined if there is no such row. `ERR_LEASE_EXPIRED` if the row was not lent before the block ended. */
  key(row: number): unknown {
    const place = row >>> 0;
    if (!this.#isLent(place) && !this.#lend(place)) return undefined;
    return this.#views.key(this.#lease, (place - this.#first) * ROW_NUMBERS);
  }

  /** A view of a row's value; otherwise as `key`. */
  value(row: number): unknown {
    const place = row >>> 0;
    if (!this.#isLent(place) && !this.#lend(place)) return undefined;
    return this.#views.value(this.#lease, (place - this.#first) * ROW_NUMBERS + ONLY_VALUE);
  }

  /** Whether the last lease covers a row and has not been taken back. */
  #isLent(row: number): boolean {
    return row >= this.#first && row < this.#end && this.#lease.state === 'shared';
  }

  /** Lends the rows from `row` on. Returns false if there is no such row. */
  #lend(row: number): boolean {
    if (row >= this.length) return false;
    const { begin, size, table, rows } = this.#place;
    const lease = this.#source.lend(this.#views);
    lease.aimAtBytes(this.#bytes, begin, this.#table, row * ROW_NUMBERS);
    const count = native.sourceLendRows(this.#source.handle, begin, size, table, rows, row, lease);
    if (count === -SOURCE_ENDED) throw sourceEnded();
    this.#lease = lease;
    this.#first = row;
    this.#end = row + count;
    return true;
  }
}

freezeClass(ReceivedRows);
