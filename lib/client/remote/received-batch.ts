import { copyBytes } from '../../lease/bytes.ts';
import { type Lease, NO_VIEWS, ROW_NUMBERS } from '../../lease/lease.ts';
import type { ReceivedBlock } from '../../lease/sources/received-block.ts';
import { ReceivedRows } from '../../lease/sources/received-rows.ts';
import { VALUE_LARGE } from '../../native/constants.ts';
import type { EngineRow, LentRows, RowBatch } from '../../versions/engine/engine.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import { protocolError, u32At, u64At } from '../../wire/payload.ts';
import { ROW_BYTES, ROW_VERSION_BYTES, ROWS_HEAD } from '../../wire/protocol.ts';

/** The rows of a frame ROWS. They stay in the memory into which they were received: the block hands it over. */
export class ReceivedBatch implements RowBatch {
  readonly lent: LentRows;
  readonly complete: Uint8Array | undefined;
  /** The numbers of the rows whose values are so large that they must be asked for. They have no bytes here. */
  readonly missing: readonly number[];
  #rows: readonly EngineRow[] | undefined;

  /** To be called before the frame's memory is used again. `ERR_PROTOCOL`. */
  constructor({ bytes, start, end }: Frame, block: ReceivedBlock, isLast: boolean) {
    if (end - start < ROWS_HEAD) throw protocolError('a frame of rows is too short');
    const begin = start + ROWS_HEAD;
    const length = u32At(bytes, start + 8);
    const table = u32At(bytes, start + 12);
    const size = end - begin;
    if (table % 4 !== 0 || table + length * ROW_BYTES > size) {
      throw protocolError('a table of rows is longer than its frame');
    }
    if (!isLast && length === 0) throw protocolError('an answer has no rows, and is not the last one');
    // Frames begin at multiples of 4.
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset + begin + table, length * ROW_NUMBERS);
    this.missing = takeMissing(numbers, length);
    this.lent = { lease: adopt(block, { begin, size, table, rows: length }), length };
    this.complete = isLast ? undefined : this.keyOf(length - 1);
  }

  /** Copies. */
  get rows(): readonly EngineRow[] {
    this.#rows ??= Array.from({ length: this.lent.length }, (_, row) => {
      const { values, table } = this.lent.lease;
      const at = 4 * row;
      const valueAt = table[at + 2] as number;
      const tid = u64At(values, valueAt - ROW_VERSION_BYTES);
      return { key: this.keyOf(row), tid, bytes: copyBytes(values, valueAt, table[at + 3] as number) };
    });
    return this.#rows;
  }

  /** A copy. */
  keyOf(row: number): Uint8Array {
    const { keys, table } = this.lent.lease;
    return copyBytes(keys, table[4 * row] as number, table[4 * row + 1] as number);
  }
}

/** Gives the rows without values, and puts 0 as the length of those values. `ERR_PROTOCOL` if no version stands before a value. */
function takeMissing(table: Uint32Array, rows: number): readonly number[] {
  let missing: number[] | undefined;
  for (let row = 0; row < rows; row++) {
    const at = row * ROW_NUMBERS;
    if ((table[at + 2] as number) < ROW_VERSION_BYTES) throw protocolError(`row ${row} has no version`);
    if (table[at + 3] !== VALUE_LARGE) continue;
    missing ??= [];
    missing.push(row);
    table[at + 3] = 0;
  }
  return missing ?? NONE;
}

const NONE: readonly number[] = [];

function adopt(block: ReceivedBlock, place: Parameters<ReceivedBlock['adopt']>[1]): Lease {
  try {
    return ReceivedRows.leaseOf(block.adopt(NO_VIEWS, place));
  } catch (error) {
    throw protocolError((error as Error).message);
  }
}
