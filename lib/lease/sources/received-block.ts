import { allocate } from '../../base/allocate.ts';
import { LeaseholdError, outOfRange } from '../../base/errors.ts';
import { freezeClass, isSafeInteger, PrimordialUint8Array, PrimordialUint32Array } from '../../base/primordials.ts';
import { copyBytes } from '../bytes.ts';
import { Counters } from '../counters.ts';
import { Drained } from '../drain/drained.ts';
import { Lease, ROW_BYTES, ROW_NUMBERS, type Views } from '../lease.ts';
import type { Source } from '../source.ts';
import { BufferSource } from './buffer-source.ts';
import { firstWrongRow, ReceivedRows, type ReceivedTable } from './received-rows.ts';
import { sourceEnded } from './source-ended.ts';

/** The most bytes that the rows of one table may name: up to this size, engines index arrays at full speed. */
const LARGEST = 2 ** 30;

/** A lease on the present memory, and the ones before it. A linked list, since an array would use prototypes that a program can patch. */
interface Lent {
  readonly lease: Lease;
  readonly before: Lent | undefined;
}

/**
 * Memory to receive into, such as frames from a socket: first `receive`, then `adopt` for each table of rows in what was received, and so on.
 * Rows and tables are read where they were received: nothing is copied, and no native call is made. The sender is not trusted, so tables
 * are checked.
 *
 * Nothing moves when the memory is taken back. It goes over to the leases, and the block allocates other memory to receive into. So a sink
 * that is held keeps a whole block in memory; `keep()` copies its bytes alone. Where leases expire (`'invalidate'`), or their users have made
 * all of them expire before, the same memory is used again. Only the receiver may have the memory. It must not write to it once it has called `adopt`.
 */
export class ReceivedBlock implements Source {
  readonly counters: Counters = new Counters();
  readonly invalidate: boolean;
  /** How many bytes it receives at a time. */
  readonly byteLength: number;
  /** Undefined before the first `receive`, and once the memory has gone over to leases. */
  #memory: ArrayBuffer | undefined;
  #lent: Lent | undefined;
  /**
   * Lends a copy of the memory to other addons, once one borrows. The receiver could detach the memory itself while an addon reads it.
   */
  #copy: BufferSource | undefined;
  #ended = false;
  #drained: Drained | undefined;

  constructor(byteLength: number, onEnd: 'copy' | 'invalidate' = 'copy') {
    checkSize(byteLength, 'byteLength', Number.MAX_SAFE_INTEGER);
    this.byteLength = byteLength;
    this.invalidate = onEnd === 'invalidate';
  }

  get drained(): Promise<void> {
    this.#drained ??= new Drained();
    const { promise } = this.#drained;
    if (this.#ended) this.#drained.settle();
    return promise;
  }

  /** Takes back what was lent, and returns memory to receive into. `ENOMEM`, `ERR_LEASE_EXPIRED` if the block has ended. */
  receive(): Uint8Array<ArrayBuffer> {
    if (this.#ended) throw sourceEnded();
    this.revoke();
    this.#memory ??= allocate(this.byteLength);
    return new PrimordialUint8Array(this.#memory);
  }

  /**
   * Checks a table in the memory once, and returns its rows. Rows may overlap, but together must not name more bytes than there are.
   * `ERR_OUT_OF_RANGE` if the table is not inside the memory, at a multiple of 4 bytes; `ERR_CODEC`, with the number of the row, if a row is
   * wrong; `ERR_LEASE_EXPIRED` if nothing has been received.
   */
  adopt(views: Views, place: ReceivedTable): ReceivedRows {
    const memory = this.#memory;
    if (memory === undefined) throw sourceEnded();
    const { begin, size, table, rows } = place;
    const length = this.byteLength;
    checkSize(begin, 'begin', length);
    checkSize(size, 'size', length - begin < LARGEST ? length - begin : LARGEST);
    checkSize(table, 'table', size);
    checkSize(rows, 'rows', (size - table) / ROW_BYTES);
    if ((begin + table) % 4 !== 0) throw outOfRange('begin + table', 'a multiple of 4', begin + table);
    const numbers = new PrimordialUint32Array(memory, begin + table, rows * ROW_NUMBERS);
    const wrong = firstWrongRow(numbers, rows, size);
    if (wrong !== rows) {
      throw new LeaseholdError('ERR_CODEC', `row ${wrong} of a received table names bytes that are not there`);
    }
    const lease = this.lend(views);
    lease.aimAtBytes(new PrimordialUint8Array(memory, begin, size), begin, numbers, 0);
    return new ReceivedRows(lease, rows);
  }

  lend(views: Views): Lease {
    const lease = new Lease(views, this, false);
    this.#lent = { lease, before: this.#lent };
    this.counters.leases++;
    return lease;
  }

  /** The leases get the memory, or expire. `ENOMEM` only if sinks of other addons cannot copy what they read; then nothing is lost. */
  revoke(): void {
    if (this.#copy !== undefined) {
      this.#copy.end();
      this.#copy = undefined;
    }
    for (let lent = this.#lent; lent !== undefined; lent = lent.before) {
      const { lease } = lent;
      if (this.invalidate) lease.expire();
      else if (lease.state !== 'expired') {
        lease.state = 'copied';
        this.#memory = undefined;
      }
    }
    this.#lent = undefined;
  }

  /** If this throws `ENOMEM`, the block is still open. */
  end(): void {
    if (this.#ended) return;
    this.revoke();
    this.#ended = true;
    this.#memory = undefined;
    this.#drained?.settle();
  }

  /** A copy. If leases expire, the copy is detached with them. */
  lendBuffer(window: number, offset: number, length: number): ArrayBuffer {
    return this.invalidate
      ? this.#lender().lendBuffer(window, offset, length)
      : copyBytes(this.#bytes(), window + offset, length).buffer;
  }

  resolve(window: number, offset: number, length: number): object {
    return this.#lender().resolve(window, offset, length);
  }

  #lender(): BufferSource {
    this.#copy ??= BufferSource.own(copyBytes(this.#bytes(), 0, this.byteLength).buffer, this.invalidate);
    return this.#copy;
  }

  #bytes(): Uint8Array {
    if (this.#memory === undefined) throw sourceEnded();
    return new PrimordialUint8Array(this.#memory);
  }
}

freezeClass(ReceivedBlock);

function checkSize(value: number, name: string, most: number): void {
  if (!isSafeInteger(value) || value < 0 || value > most) throw outOfRange(name, `an integer from 0 to ${most}`, value);
}
