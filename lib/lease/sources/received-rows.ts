import { freezeClass } from '../../base/primordials.ts';
import { type Lease, ROW_NUMBERS } from '../lease.ts';
import { ONLY_VALUE } from '../sink.ts';
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

/**
 * The number of the first row of a table that is wrong; `rows` if all are right. Each row must name bytes inside of the `size` bytes. Rows may
 * overlap, but together must not name more than `size` bytes: otherwise keeping them could take a multiple of what was received.
 */
export function firstWrongRow(table: Uint32Array, rows: number, size: number): number {
  let named = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * ROW_NUMBERS;
    const keyLength = table[at + 1] as number;
    const valueLength = table[at + 3] as number;
    named += keyLength + valueLength;
    // First: then no length is above `size`, and neither difference below 0.
    if (named > size) return row;
    if ((table[at] as number) > size - keyLength || (table[at + 2] as number) > size - valueLength) return row;
  }
  return rows;
}

/** Rows in a block, with a table that is also in the block. All rows share one lease. */
export class ReceivedRows {
  /** How many rows there are. */
  readonly length: number;
  readonly #lease: Lease;

  /** The lease must be aimed at a table of `length` rows whose bounds have been checked. */
  constructor(lease: Lease, length: number) {
    this.#lease = lease;
    this.length = length;
  }

  /** The lease that the rows share, for views other than its own. A user must never get it. */
  static leaseOf(rows: ReceivedRows): Lease {
    return rows.#lease;
  }

  /** A view of a row's key; undefined if there is no such row. `ERR_LEASE_EXPIRED` if the block has taken the rows back. */
  key(row: number): unknown {
    const lease = this.#lease;
    const place = row >>> 0;
    return place < this.length && lease.state === 'shared' ? lease.views.key(lease, place * ROW_NUMBERS) : noRow(lease);
  }

  /** A view of a row's value; otherwise as `key`. */
  value(row: number): unknown {
    const lease = this.#lease;
    const place = row >>> 0;
    return place < this.length && lease.state === 'shared'
      ? lease.views.value(lease, place * ROW_NUMBERS + ONLY_VALUE)
      : noRow(lease);
  }
}

freezeClass(ReceivedRows);

function noRow(lease: Lease): undefined {
  if (lease.state !== 'shared') throw sourceEnded();
}
