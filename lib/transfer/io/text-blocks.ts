import { atLine } from '../record-error.ts';
import type { Input } from './input.ts';
import { LONGEST_LINE, lineFeedsIn, lineTooLong, withoutByteOrderMark } from './lines.ts';

/** How many bytes are read as rows at once. The event loop waits for that. */
const WINDOW = 256 * 1024;
const LINE_FEED = 10;

/**
 * Gives the lines of a source in windows. The reader takes the rows that are complete in a window. What it leaves is the beginning of the next
 * window. If a row does not end in a window, the next window is twice as large, so that the work stays linear in the length of the row.
 */
export class TextBlocks {
  readonly #input: Input;
  #block: Buffer = Buffer.alloc(0);
  /** Where in the block the next window begins, and where the last complete line ends. */
  #at = 0;
  #whole = 0;
  #size: number = WINDOW;
  /** How many bytes the block must have at least; 0 if any number will do. */
  #wanted = 0;
  #ended = false;
  /** Where the next window begins in the input, in decompressed bytes, and its line. The reader counts the lines. */
  position: number;
  line: number;

  constructor(input: Input, position: number, line: number) {
    this.#input = input;
    this.position = position;
    this.line = line;
  }

  /** Reads a window if none is left. False at the end. `ERR_INVALID_ARG_VALUE` for UTF-16 and for a line that is too long. */
  async fetch(): Promise<boolean> {
    if (this.#at < this.#whole && this.#wanted === 0) return true;
    if (!this.#ended) await this.#read();
    this.#wanted = 0;
    return this.#at < this.#whole;
  }

  /** The next lines. They are valid until the next `fetch`. */
  window(): Buffer {
    const limit = this.#at + this.#size;
    let end = this.#whole;
    if (limit < end) {
      end = this.#block.lastIndexOf(LINE_FEED, limit - 1) + 1;
      if (end <= this.#at) end = this.#block.indexOf(LINE_FEED, limit) + 1;
      if (end === 0) end = this.#whole;
    }
    return this.#block.subarray(this.#at, end);
  }

  /** Whether the input ends with a window. */
  isLast(window: Buffer): boolean {
    return this.#ended && this.#at + window.length === this.#whole;
  }

  /** Notes that `length` bytes of a window have been read; 0 if its first row does not end in it. */
  take(window: Buffer, length: number): void {
    this.#at += length;
    this.position += length;
    // Twice the limit, not twice the window: the window may end far before the limit, and would not grow.
    this.#size = length > 0 ? WINDOW : 2 * Math.max(this.#size, window.length);
    if (length === 0 && this.#at + window.length === this.#whole) {
      this.#wanted = Math.min(2 * window.length, LONGEST_LINE + 1);
    }
  }

  async #read(): Promise<void> {
    // A copy, since the owner of a chunk may use its memory again.
    const parts: Buffer[] = [Buffer.from(this.#block.subarray(this.#at))];
    let length = this.#block.length - this.#at;
    let whole = this.#whole - this.#at;
    for (;;) {
      const chunk = await this.#input.next();
      if (chunk === undefined) {
        this.#ended = true;
        whole = length;
        break;
      }
      const end = chunk.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) whole = length + end;
      length += chunk.length;
      if (length - whole > LONGEST_LINE) {
        const before = Buffer.concat([...parts, chunk]).subarray(0, whole);
        throw atLine(lineTooLong(), this.#input.name, this.line + lineFeedsIn(before));
      }
      const isEnough = whole > 0 && length >= this.#wanted;
      parts.push(isEnough ? chunk : Buffer.from(chunk));
      if (isEnough) break;
    }
    let block = parts.length === 2 && parts[0]?.length === 0 ? (parts[1] as Buffer) : Buffer.concat(parts);
    if (this.position === 0) {
      block = withoutByteOrderMark(block, this.#input.name);
      this.position = length - block.length;
    }
    this.#block = block;
    this.#at = 0;
    this.#whole = whole - (length - block.length);
  }
}
