import { invalidValue } from '../../base/errors.ts';
import { CHANGE, keyOf, READ, type TraceBatch, type TraceOp } from './trace-batch.ts';
import { BLOCK_HEAD, BLOCK_SIZE, MAGIC } from './trace-format.ts';
import type { TraceParser } from './trace-parser.ts';

/** Reads traces that a TraceWriter has written. */
export class LeaseholdParser implements TraceParser {
  readonly #name: string;
  #hasBegun = false;
  /** Bytes and records of the current block that are still to be read. */
  #bytes = 0;
  #count = 0;
  #tid = 0;
  #time = 0;

  constructor(name: string) {
    this.#name = name;
  }

  read(bytes: Buffer, batch: TraceBatch): number {
    let at = 0;
    if (!this.#hasBegun) {
      if (bytes.length < MAGIC.length) return 0;
      if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
        throw invalidValue(
          `${this.#name} is no trace of leasehold, or of a later version: give --format, or use that version`,
        );
      }
      this.#hasBegun = true;
      at = MAGIC.length;
    }
    while (!batch.isFull) {
      if (this.#count === 0) {
        if (bytes.length - at < BLOCK_HEAD) break;
        this.#begin(bytes.subarray(at));
        at += BLOCK_HEAD;
      }
      // A block is read when all of it is here, so that a record need not be looked at byte by byte.
      if (bytes.length - at < this.#bytes) break;
      const length = this.#record(bytes, at, batch);
      at += length;
      this.#bytes -= length;
      this.#count--;
      if (this.#bytes < 0 || (this.#count === 0 && this.#bytes !== 0)) throw this.#damaged();
    }
    return at;
  }

  #begin(head: Buffer): void {
    this.#bytes = head.readUInt32LE(0);
    this.#count = head.readUInt32LE(4);
    this.#tid = Number(head.readBigUInt64LE(8));
    this.#time = head.readDoubleLE(16);
    if (this.#bytes > BLOCK_SIZE || this.#count === 0 || this.#bytes < this.#count) throw this.#damaged();
  }

  /** Reads a record of a block that is there whole. Returns its length. */
  #record(bytes: Buffer, start: number, batch: TraceBatch): number {
    const op = bytes[start] as number;
    if (op < READ || op > CHANGE || start + 9 > bytes.length) throw this.#damaged();
    const key = keyOf(bytes.readUInt32LE(start + 1), bytes.readUInt32LE(start + 5));
    let at = start + 9;
    const varint = (): number => {
      let value = 0;
      for (let factor = 1; factor < 2 ** 56; factor *= 0x80) {
        const byte = bytes[at++];
        if (byte === undefined) break;
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return value;
      }
      throw this.#damaged();
    };
    const size = varint();
    const step = varint();
    this.#tid += step % 2 === 1 ? -(step + 1) / 2 : step / 2;
    this.#time += varint();
    batch.push(op as TraceOp, key, size, this.#tid, this.#time);
    return at - start;
  }

  #damaged(): Error {
    return invalidValue(`${this.#name} is damaged: a block of records is not what its head says`);
  }
}
