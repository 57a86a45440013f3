import { invalidValue } from '../../base/errors.ts';
import { atLine } from '../errors.ts';
import type { Source } from './source.ts';

/** A longer line is taken for a mistake: a file that is not made of lines. In bytes. */
export const LONGEST_LINE: number = 64 * 1024 * 1024;

const LINE_FEED = 10;

/** Reads whole lines, many at a time. */
export class LineBlocks {
  readonly #source: Source;
  /** What has come of a line whose end has not. */
  #rest: Buffer[] = [];
  #restLength = 0;
  #ended = false;
  /** Where the last block ends, in bytes of the unpacked input. */
  end: number;
  /** The line behind the last block; the first is 1. */
  line: number;

  /** Goes on at byte `end` and line `line`, where `source` stands. */
  constructor(source: Source, end: number, line: number) {
    this.#source = source;
    this.end = end;
    this.line = line;
  }

  /**
   * The next bytes, to the end of a line or of the input; undefined at the end. Whoever counts their lines sets `line`.
   * `ERR_INVALID_ARG_VALUE` for a line without an end, and for UTF-16.
   */
  async next(): Promise<Buffer | undefined> {
    while (!this.#ended) {
      const chunk = await this.#source.next();
      if (chunk === undefined) {
        this.#ended = true;
        return this.#restLength === 0 ? undefined : this.#take(Buffer.alloc(0));
      }
      const stop = chunk.lastIndexOf(LINE_FEED) + 1;
      if (stop === 0) {
        this.#keep(chunk);
        continue;
      }
      const block = this.#take(chunk.subarray(0, stop));
      if (stop < chunk.length) this.#keep(chunk.subarray(stop), block);
      return block;
    }
    return undefined;
  }

  /** `block`: the lines before it that have not been counted yet. */
  #keep(part: Buffer, block?: Buffer): void {
    // A copy: whoever gave the chunk may use its memory again.
    this.#rest.push(Buffer.from(part));
    this.#restLength += part.length;
    if (this.#restLength <= LONGEST_LINE) return;
    throw atLine(lineTooLong(), this.#source.name, this.line + (block === undefined ? 0 : lineFeedsIn(block)));
  }

  /** What was kept and `part`, as a block. */
  #take(part: Buffer): Buffer {
    const isFirst = this.end === 0;
    this.end += this.#restLength + part.length;
    const block = this.#restLength === 0 ? part : Buffer.concat([...this.#rest, part]);
    this.#rest = [];
    this.#restLength = 0;
    return isFirst ? withoutByteOrderMark(block, this.#source.name) : block;
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

/** The first bytes of a text without its byte order mark. `ERR_INVALID_ARG_VALUE` for the mark of UTF-16. */
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
