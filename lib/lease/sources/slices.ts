import { outOfRange } from '../../base/errors.ts';
import { freezeClass, PrimordialUint32Array } from '../../base/primordials.ts';
import { SOURCE_ENDED } from '../../native/constants.ts';
import { native } from '../../native/native.ts';
import { type Lease, NO_VIEWS, ROW_NUMBERS } from '../lease.ts';
import { ONLY_VALUE } from '../sink.ts';
import { type BufferSource, openWindow } from './buffer-source.ts';

/** The most bytes of a lease (a larger slice has a lease of its own), and the most slices of a lease. */
const LEASE_BYTES = 4 * 1024;
const LEASE_SLICES = 64;
/** Windows begin at multiples of this size, and a slice has at most as many bytes: up to this size, engines index arrays at full speed. */
const WINDOW = 2 ** 30;

/** The lease of a slice that was lent, and the place of the slice in it. */
export interface Lent {
  readonly lease: Lease;
  readonly at: number;
}

/**
 * Lends slices of a source one by one. Slices share leases, as the rows of a batch do. A lease covers at most 4 KiB, since one sink that
 * is kept makes the whole lease move.
 */
export class Slices {
  readonly source: BufferSource;
  /** The lease to which the next slice is added, and how many slices and bytes it has so far. */
  #lease: Lease | undefined;
  #count = 0;
  #bytes = 0;

  constructor(source: BufferSource) {
    this.source = source;
  }

  /** Lends a slice. Returns undefined if the source has ended. `ERR_OUT_OF_RANGE` for bytes that the source does not lend. */
  lend(offset: number, length: number): Lent | undefined {
    const from = offset % WINDOW;
    const window = offset - from;
    if (length > WINDOW || window > WINDOW * WINDOW) throw notLent(offset, length);
    let lease = this.#lease;
    let status: number;
    if (
      lease?.state === 'shared' &&
      lease.valueWindow === window &&
      this.#count < LEASE_SLICES &&
      this.#bytes + length <= LEASE_BYTES
    ) {
      status = native.sourceLend(this.source.handle, window, from, length, undefined, undefined);
    } else {
      lease = this.source.lend(NO_VIEWS);
      // The lease gets its table before the native call, as in OpenRead.nextBatch.
      lease.table = new PrimordialUint32Array(LEASE_SLICES * ROW_NUMBERS);
      status = native.sourceLend(this.source.handle, window, from, length, lease, lease.table);
      if (status === 0) this.#begin(lease, window);
    }
    if (status === SOURCE_ENDED) return undefined;
    if (status !== 0) throw notLent(offset, length);
    const at = this.#count++ * ROW_NUMBERS + ONLY_VALUE;
    const { table } = lease;
    table[at] = from;
    table[at + 1] = length;
    this.#bytes += length;
    return { lease, at };
  }

  #begin(lease: Lease, window: number): void {
    lease.aimAtBytes(openWindow(this.source, window), window, lease.table, 0);
    this.#lease = lease;
    this.#count = 0;
    this.#bytes = 0;
  }
}

freezeClass(Slices);

function notLent(offset: number, length: number): RangeError {
  return outOfRange('offset + length', 'inside of what the source lends', offset + length);
}
