import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { LeaseholdError } from '../../base/errors.ts';
import type { Rows } from '../import/rows.ts';

const HEADER_SIZE = 8;

/** Rows in the order of their keys, read one after the other. */
export interface SortedRows {
  /** The bytes that contain the key and the value of the current row. */
  readonly bytes: Uint8Array;
  readonly keyAt: number;
  readonly keyLength: number;
  readonly valueAt: number;
  readonly valueLength: number;
  /** Goes to the next row; false at the end. */
  next(): boolean;
  /** Goes back to the beginning, before the first row. */
  rewind(): void;
}

/** Sorted rows in memory. */
export class MemoryRun implements SortedRows {
  readonly #rows: Rows;
  #row = -1;
  keyAt = 0;
  keyLength = 0;
  valueAt = 0;
  valueLength = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get bytes(): Uint8Array {
    return this.#rows.bytes;
  }

  rewind(): void {
    this.#row = -1;
  }

  next(): boolean {
    const row = ++this.#row;
    if (row >= this.#rows.count) return false;
    const { places } = this.#rows;
    this.keyAt = places[4 * row] as number;
    this.keyLength = places[4 * row + 1] as number;
    this.valueAt = places[4 * row + 2] as number;
    this.valueLength = places[4 * row + 3] as number;
    return true;
  }
}

/**
 * Sorted rows in a file. Each row has the lengths of its key and its value (u32 each), then the key and the value. Where the system allows it, the
 * file has no name once it is open, so it vanishes however the process ends.
 */
export class FileRun implements SortedRows {
  readonly #file: number;
  readonly #folder: string;
  /** How many bytes are written or read at once. */
  readonly #bufferSize: number;
  #size = 0;
  #buffer: Buffer;
  /** How many bytes of the buffer are in use, and where in the file the next bytes are read. */
  #filled = 0;
  #position = 0;
  #at = 0;
  keyAt = 0;
  keyLength = 0;
  valueAt = 0;
  valueLength = 0;

  /** Makes the file in `directory`. `ENOSPC`, `EACCES`, … */
  constructor(directory: string, bufferSize: number) {
    this.#bufferSize = bufferSize;
    this.#buffer = Buffer.allocUnsafe(bufferSize);
    this.#folder = mkdtempSync(join(directory, 'leasehold-sort-'));
    try {
      const path = join(this.#folder, 'run');
      this.#file = openSync(path, 'wx+', 0o600);
    } catch (cause) {
      rmSync(this.#folder, { recursive: true, force: true });
      throw cause;
    }
    this.#unlink();
  }

  get bytes(): Uint8Array {
    return this.#buffer;
  }

  write(source: SortedRows): void {
    const length = HEADER_SIZE + source.keyLength + source.valueLength;
    if (this.#filled + length > this.#buffer.length) this.#flush(length);
    const buffer = this.#buffer;
    let at = buffer.writeUInt32LE(source.keyLength, this.#filled);
    at = buffer.writeUInt32LE(source.valueLength, at);
    buffer.set(source.bytes.subarray(source.keyAt, source.keyAt + source.keyLength), at);
    buffer.set(source.bytes.subarray(source.valueAt, source.valueAt + source.valueLength), at + source.keyLength);
    this.#filled += length;
  }

  /** To be called after the last row. Then rows can be read. */
  finish(): void {
    this.#flush(this.#bufferSize);
    this.rewind();
  }

  rewind(): void {
    this.#position = 0;
    this.#filled = 0;
    this.#at = 0;
  }

  next(): boolean {
    if (!this.#fill(HEADER_SIZE)) return false;
    this.keyLength = this.#buffer.readUInt32LE(this.#at);
    this.valueLength = this.#buffer.readUInt32LE(this.#at + 4);
    const length = HEADER_SIZE + this.keyLength + this.valueLength;
    if (!this.#fill(length))
      throw new LeaseholdError('EIO', 'a temporary file of the import is shorter than it was written');
    this.keyAt = this.#at + HEADER_SIZE;
    this.valueAt = this.keyAt + this.keyLength;
    this.#at += length;
    return true;
  }

  close(): void {
    closeSync(this.#file);
    this.#buffer = Buffer.alloc(0);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Reads until the buffer has `length` bytes from `#at` on. False at the end of the file. */
  #fill(length: number): boolean {
    const left = this.#filled - this.#at;
    if (left >= length) return true;
    const target = length > this.#buffer.length ? Buffer.allocUnsafe(length) : this.#buffer;
    this.#buffer.copy(target, 0, this.#at, this.#filled);
    this.#buffer = target;
    this.#at = 0;
    this.#filled = left;
    while (this.#filled < length && this.#position < this.#size) {
      const read = readSync(this.#file, target, this.#filled, target.length - this.#filled, this.#position);
      if (read === 0) break;
      this.#filled += read;
      this.#position += read;
    }
    return this.#filled >= length;
  }

  /** Writes the buffer to the file. After that it has room for `next` bytes. */
  #flush(next: number): void {
    for (let written = 0; written < this.#filled; ) {
      written += writeSync(this.#file, this.#buffer, written, this.#filled - written, this.#size + written);
    }
    this.#size += this.#filled;
    this.#filled = 0;
    const size = Math.max(next, this.#bufferSize);
    if (size !== this.#buffer.length) this.#buffer = Buffer.allocUnsafe(size);
  }

  #unlink(): void {
    try {
      rmSync(this.#folder, { recursive: true });
    } catch {
      // The system does not remove the name of an open file. `close` removes it.
    }
  }
}
