import { isAscii, isUtf8 } from 'node:buffer';
import { invalidValue } from '../../base/errors.ts';
import { jsonRefusal, parseJson } from '../../base/exact-json.ts';
import { decodeLatin1, decodeUtf8 } from '../../base/text.ts';
import type { Input } from '../io/input.ts';
import { LineBlocks } from '../io/lines.ts';
import type { Mark, RecordConsumer, RecordReader } from '../reader.ts';

const LINE_FEED = 10;

/** The white space of JSON. A line of any other white space is not blank, and is rejected. */
const BLANK = /^[ \t\r]*$/;

/** Reads one JSON text a line. Skips blank lines. */
export class NdjsonReader implements RecordReader {
  readonly #blocks: LineBlocks;
  readonly #printed: boolean;
  #block: Buffer | undefined;
  #raw: string | Buffer = '';

  /** With `printed`, integers may be doubles as JavaScript prints them. If not, they are read to the last digit. */
  constructor(input: Input, mark: Mark, printed: boolean) {
    this.#printed = printed;
    this.#blocks = new LineBlocks(input, mark.bytes, mark.line);
  }

  async fetch(): Promise<boolean> {
    this.#block = await this.#blocks.next();
    return this.#block !== undefined;
  }

  handOver(consumer: RecordConsumer): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    if (isUtf8(block) && consumer.json !== undefined) this.#readDirectly(block, consumer.json, consumer);
    else if (isUtf8(block))
      this.#readText((isAscii(block) ? decodeLatin1 : decodeUtf8)(block, 0, block.length), consumer);
    else this.#readBytes(block, consumer);
  }

  mark(): Mark {
    return { bytes: this.#blocks.end, line: this.#blocks.line };
  }

  raw(): Buffer {
    return typeof this.#raw === 'string' ? Buffer.from(this.#raw) : this.#raw;
  }

  #readText(text: string, consumer: RecordConsumer): void {
    let { line } = this.#blocks;
    const { length } = text;
    for (let start = 0; start < length; line++) {
      let end = text.indexOf('\n', start);
      if (end < 0) end = length;
      this.#readLine(text.slice(start, end), line, consumer);
      start = end + 1;
    }
    this.#blocks.line = line;
  }

  /** Gives lines to `json`, and parses only those that it does not take. */
  #readDirectly(block: Buffer, json: (source: Uint8Array, start: number) => number, consumer: RecordConsumer): void {
    let { line } = this.#blocks;
    const { length } = block;
    for (let start = 0; start < length; line++) {
      const next = json(block, start);
      if (next >= 0) {
        start = next;
        continue;
      }
      let end = block.indexOf(LINE_FEED, start);
      if (end < 0) end = length;
      this.#readLine(decodeUtf8(block, start, end), line, consumer);
      start = end + 1;
    }
    this.#blocks.line = line;
  }

  /** Reads a block that is not UTF-8 everywhere: lines that are not UTF-8 are rejected. */
  #readBytes(block: Buffer, consumer: RecordConsumer): void {
    let { line } = this.#blocks;
    for (let start = 0; start < block.length; line++) {
      let end = block.indexOf(LINE_FEED, start);
      if (end < 0) end = block.length;
      const bytes = block.subarray(start, end);
      if (isUtf8(bytes)) {
        this.#readLine(bytes.toString(), line, consumer);
      } else {
        this.#raw = bytes;
        consumer.reject(invalidValue('the line is not UTF-8'), line);
      }
      start = end + 1;
    }
    this.#blocks.line = line;
  }

  #readLine(text: string, line: number, consumer: RecordConsumer): void {
    this.#raw = text;
    let record: unknown;
    try {
      record = parseJson(text, this.#printed);
    } catch (cause) {
      if (!BLANK.test(text)) consumer.reject(jsonRefusal(cause), line);
      return;
    }
    consumer.record(record, line);
  }
}
