import { LeaseholdError, outOfRange } from '../../base/errors.ts';
import { arrayBufferByteLength, freezeClass, isSafeInteger, PrimordialArrayBuffer } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import { ROW_BYTES, type Views } from '../lease.ts';
import { BufferSource } from './buffer-source.ts';
import { ReceivedRows, type ReceivedTable } from './received-rows.ts';
import { takeOver } from './take-over.ts';

/** The most bytes that one table may tell of: that far engines index at full speed. */
const LARGEST = 2 ** 30;

/**
 * A block that came from outside, whose own bytes hold tables of rows, which are adopted as they are: no table is copied, and no
 * row costs a native call. Whoever sent the block may have written anything; it takes the ArrayBuffer over, so that nobody
 * can change a table after its bounds were checked.
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
   * Adopts a table after one check of its bounds. Rows may overlap, but not name more bytes in all than there are: to move
   * them would take a multiple of what was received. `ERR_OUT_OF_RANGE` if the table is not inside of the block at a multiple
   * of 4 bytes; `ERR_CODEC`, with the row, if one is wrong.
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

  /** Ends the block, and gives its memory back for the next one to be received to. `ENOMEM`: it is open still. */
  reclaim(): ArrayBuffer {
    this.end();
    return this.replace(new PrimordialArrayBuffer(0));
  }
}

freezeClass(ReceivedBlock);

function checkSize(value: number, name: string, most: number): void {
  if (!isSafeInteger(value) || value < 0 || value > most) throw outOfRange(name, `an integer from 0 to ${most}`, value);
}
