import { invalidValue } from '../../base/errors.ts';
import { atLine } from '../record-error.ts';
import type { Input } from './input.ts';

/** The longest line in bytes. A file with a longer one is probably not a file of lines. */
export const LONGEST_LINE: number = 64 * 1024 * 1024;

const LINE_FEED = 10;

/** Reads whole lines, many at a time. */
export class LineBlocks {
  readonly #input: Input;
  /** The parts read so far of a line whose end has not been read yet. */
  #unended: Buffer[] = [];
  #unendedLength = 0;
  #ended = false;
  /** Where the last block ends, in decompressed bytes. */
  end: number;
  /** The number of the line after the last block; the first line is 1. */
  line: number;

  /** Reads on from byte `end` and line `line`, to which `input` has been moved. */
  constructor(input: Input, end: number, line: number) {
    this.#input = input;
    this.end = end;
    this.line = line;
  }

  /**
   * The next bytes, up to the end of a line or of the input; undefined at the end. The caller counts their lines and sets `line`.
   * `ERR_INVALID_ARG_VALUE` for a line that is too long, and for UTF-16.
   */
  async next(): Promise<Buffer | undefined> {
    while (!this.#ended) {
      const chunk = await this.#input.next();
      if (chunk === undefined) {
        this.#ended = true;
        return this.#unendedLength === 0 ? undefined : this.#take(Buffer.alloc(0));
      }
      const stop = chunk.lastIndexOf(LINE_FEED) + 1;
      if (stop === 0) {
        this.#hold(chunk);
        continue;
      }
      const block = this.#take(chunk.subarray(0, stop));
      if (stop < chunk.length) this.#hold(chunk.subarray(stop), block);
      return block;
    }
    return undefined;
  }

  /** Notes the beginning of a line. `block` has the lines before it that have not been counted yet. */
  #hold(part: Buffer, block?: Buffer): void {
    // A copy, since the owner of the chunk may use its memory again.
    this.#unended.push(Buffer.from(part));
    this.#unendedLength += part.length;
    if (this.#unendedLength <= LONGEST_LINE) return;
    throw atLine(lineTooLong(), this.#input.name, this.line + (block === undefined ? 0 : lineFeedsIn(block)));
  }

  /** A block of the unended line and `part`. */
  #take(part: Buffer): Buffer {
    const isFirst = this.end === 0;
    this.end += this.#unendedLength + part.length;
    const block = this.#unendedLength === 0 ? part : Buffer.concat([...this.#unended, part]);
    this.#unended = [];
    this.#unendedLength = 0;
    return isFirst ? withoutByteOrderMark(block, this.#input.name) : block;
  }
}

export function lineTooLong(): Error {
  return invalidValue(`the line is longer than ${LONGEST_LINE} bytes; is this a file of lines?`);
}

export function lineFeedsIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === LINE_FEED) count++;
  return count;
}

/** The first bytes of a text, without a byte order mark. `ERR_INVALID_ARG_VALUE` for the mark of UTF-16. */
export function withoutByteOrderMark(first: Buffer, name: string): Buffer {
  if (first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf) return first.subarray(3);
  const utf16 =
    first[0] === 0xff && first[1] === 0xfe
      ? 'utf-16le'
      : first[0] === 0xfe && first[1] === 0xff
        ? 'utf-16be'
        : undefined;
  if (utf16 !== undefined) throw invalidValue(`${name} is UTF-16: give \`encoding\` '${utf16}'`);
  return first;
}
