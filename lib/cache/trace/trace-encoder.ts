import { BLOCK_HEAD, BLOCK_SIZE, LARGEST_RECORD } from './trace-format.ts';

/** Encodes the records of one block. docs/format.md draws the bytes. */
export class TraceEncoder {
  readonly #bytes: Buffer = Buffer.allocUnsafe(BLOCK_HEAD + BLOCK_SIZE);
  #end = BLOCK_HEAD;
  #count = 0;
  #tid = 0;
  #time = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#end + LARGEST_RECORD > this.#bytes.length;
  }

  /** `size`, `tid` and `time` (ms since 1970) are safe integers, and `low` and `high` the halves of the key's hash. */
  add(op: number, low: number, high: number, size: number, tid: number, time: number): void {
    const bytes = this.#bytes;
    if (this.#count++ === 0) {
      bytes.writeBigUInt64LE(BigInt(tid), 8);
      bytes.writeDoubleLE(time, 16);
      this.#tid = tid;
      this.#time = time;
    }
    bytes[this.#end++] = op;
    bytes.writeUInt32LE(low, this.#end);
    bytes.writeUInt32LE(high, this.#end + 4);
    this.#end += 8;
    this.#varint(size);
    const step = tid - this.#tid;
    // A tid may be smaller than the one before, so its sign is the lowest bit.
    this.#varint(step < 0 ? -2 * step - 1 : 2 * step);
    const passed = Math.max(0, time - this.#time);
    this.#varint(passed);
    this.#tid = tid;
    this.#time += passed;
  }

  /** The block so far, in memory that the next `add` uses again. Begins a new block. */
  take(): Buffer {
    const block = this.#bytes.subarray(0, this.#end);
    block.writeUInt32LE(this.#end - BLOCK_HEAD, 0);
    block.writeUInt32LE(this.#count, 4);
    this.#end = BLOCK_HEAD;
    this.#count = 0;
    return block;
  }

  #varint(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.#bytes[this.#end++] = (left % 0x80) | 0x80;
      left = Math.floor(left / 0x80);
    }
    this.#bytes[this.#end++] = left;
  }
}
