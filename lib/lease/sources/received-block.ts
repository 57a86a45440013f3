import { LeaseholdError, outOfRange } from '../../base/errors.ts';
import { arrayBufferByteLength, freezeClass, isSafeInteger, PrimordialArrayBuffer } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import { ROW_BYTES, type Views } from '../lease.ts';
import { BufferSource } from './buffer-source.ts';
import { ReceivedRows, type ReceivedTable } from './received-rows.ts';
import { takeOver } from './take-over.ts';

/** The most bytes that the rows of one table may name: up to this size, engines index arrays at full speed. */
const LARGEST = 2 ** 30;

/**
 * A block of memory from outside that contains both rows and their tables. The tables are used in place: none is copied, and reading a row
 * needs no native call. The sender is not trusted, so tables are checked. The block takes the ArrayBuffer over, so that nobody can change a
 * table after the check.
 */
export class ReceivedBlock extends BufferSource {
  readonly #byteLength: number;

  /** Takes `arrayBuffer` over, which is detached. Throws what `takeOver` throws. */
  constructor(arrayBuffer: ArrayBuffer, onEnd: 'copy' | 'invalidate' = 'copy') {
    const memory = takeOver(arrayBuffer);
    const expires = onEnd === 'invalidate';
    super(undefined, memory, expires, expires);
    this.#byteLength = arrayBufferByteLength(memory);
    native.sourceOpen(this, memory, expires);
  }

  /**
   * Checks a table once, and returns its rows. Rows may overlap, but together they must not name more bytes than the block has: otherwise
   * moving them could take a multiple of what was received. `ERR_OUT_OF_RANGE` if the table is not inside the block, at a multiple of 4
   * bytes; `ERR_CODEC`, with the number of the row, if a row is wrong.
   */
  adopt(views: Views, place: ReceivedTable): ReceivedRows {
    const { begin, size, table, rows } = place;
    checkSize(begin, 'begin', this.#byteLength);
    checkSize(size, 'size', this.#byteLength - begin < LARGEST ? this.#byteLength - begin : LARGEST);
    checkSize(table, 'table', size);
    checkSize(rows, 'rows', (size - table) / ROW_BYTES);
    if ((begin + table) % 4 !== 0) throw outOfRange('begin + table', 'a multiple of 4', begin + table);
    const wrong = native.sourceCheckRows(this, begin, size, table, rows);
    if (wrong !== rows) {
      throw new LeaseholdError('ERR_CODEC', `row ${wrong} of a received table names bytes that are not there`);
    }
    return new ReceivedRows(this, views, { begin, size, table, rows });
  }

  /** Ends the block and returns its memory, in which the next block can be received. If this throws `ENOMEM`, the block is still open. */
  reclaim(): ArrayBuffer {
    this.end();
    return this.replace(new PrimordialArrayBuffer(0));
  }
}

freezeClass(ReceivedBlock);

function checkSize(value: number, name: string, most: number): void {
  if (!isSafeInteger(value) || value < 0 || value > most) throw outOfRange(name, `an integer from 0 to ${most}`, value);
}
