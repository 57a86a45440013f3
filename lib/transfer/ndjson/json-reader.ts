import { isUtf8 } from 'node:buffer';
import { invalidValue } from '../../base/errors.ts';
import { jsonRefusal, parseJson } from '../../base/exact-json.ts';
import { decodeUtf8 } from '../../base/text.ts';
import type { Input } from '../io/input.ts';
import { LONGEST_LINE, withoutByteOrderMark } from '../io/lines.ts';
import type { Mark, RecordConsumer, RecordReader } from '../reader.ts';
import { atLine } from '../record-error.ts';

const LINE_FEED = 10;
const QUOTE = 34;
const COMMA = 44;
const BRACKET = 91;
const BACKSLASH = 92;
const BRACKET_CLOSED = 93;
const BRACE = 123;
const BRACE_CLOSED = 125;

/** Where the reader is: before the first record; in an array; among records without an array; after an array. */
type Where = 'start' | 'array' | 'texts' | 'end';

/**
 * Reads the elements of a JSON array, or JSON texts that follow each other, on any number of lines. It counts brackets and quotes to find the
 * end of a record. So if a record is not JSON, only that record is lost, unless one of its brackets or quotes is not closed: then the remaining
 * input is lost.
 */
export class JsonReader implements RecordReader {
  readonly #input: Input;
  readonly #printed: boolean;
  #chunk: Buffer | undefined;
  #ended = false;
  #where: Where;
  /** Whether a comma comes before the next element. */
  #afterComma: boolean;
  /** The place after the last record: decompressed bytes before it, and its line. */
  #position: number;
  #positionLine: number;
  /** The place of the chunk in the input, and the line that is being read. */
  #offset: number;
  #line: number;
  /** The record that has begun: its parts in earlier chunks, and its line. */
  #parts: Buffer[] = [];
  #partsLength = 0;
  #recordLine = 0;
  #begun = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #raw: Buffer = Buffer.alloc(0);

  /** With `printed`, integers may be doubles as JavaScript prints them. If not, they are read to the last digit. */
  constructor(input: Input, mark: Mark, printed: boolean) {
    this.#input = input;
    this.#printed = printed;
    this.#where = (mark.where as Where | undefined) ?? 'start';
    this.#afterComma = mark.afterComma === true;
    this.#position = this.#offset = mark.bytes;
    this.#positionLine = this.#line = mark.line;
  }

  async fetch(): Promise<boolean> {
    if (this.#ended) return false;
    this.#chunk = this.#offset === 0 ? await this.#first() : await this.#input.next();
    this.#ended = this.#chunk === undefined;
    return true;
  }

  handOver(consumer: RecordConsumer): void {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    if (chunk === undefined) this.#finish(consumer);
    else this.#read(chunk, consumer);
  }

  mark(): Mark {
    return { bytes: this.#position, line: this.#positionLine, where: this.#where, afterComma: this.#afterComma };
  }

  raw(): Buffer {
    return this.#raw;
  }

  /** The first bytes, without a byte order mark. */
  async #first(): Promise<Buffer | undefined> {
    let first = await this.#input.next();
    while (first !== undefined && first.length < 3) {
      const more = await this.#input.next();
      if (more === undefined) break;
      first = Buffer.concat([first, more]);
    }
    if (first === undefined) return undefined;
    const text = withoutByteOrderMark(first, this.#input.name);
    this.#position = this.#offset = first.length - text.length;
    return text;
  }

  #read(chunk: Buffer, consumer: RecordConsumer): void {
    // Where the record begins in this chunk.
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === LINE_FEED) this.#line++;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (this.#depth === 0) {
        if (byte === BRACKET && this.#where === 'start') {
          this.#where = 'array';
          this.#moveTo(at + 1);
          continue;
        }
        if (this.#where === 'array' && (byte === COMMA || byte === BRACKET_CLOSED)) {
          const isLast = byte === BRACKET_CLOSED;
          if (this.#begun || this.#afterComma || !isLast)
            this.#take(chunk.subarray(this.#begun ? start : at, at), consumer);
          if (isLast) this.#where = 'end';
          this.#afterComma = !isLast;
          this.#moveTo(at + 1);
          continue;
        }
        if (isSpace(byte)) {
          if (!this.#begun || this.#where === 'array') continue;
          this.#take(chunk.subarray(start, at), consumer);
          this.#moveTo(at);
          continue;
        }
      }
      if (!this.#begun) {
        start = at;
        this.#begin();
      }
      if (byte === QUOTE) this.#inString = true;
      else if (byte === BRACE || byte === BRACKET) this.#depth++;
      else if ((byte === BRACE_CLOSED || byte === BRACKET_CLOSED) && this.#depth > 0 && --this.#depth === 0) {
        if (this.#where === 'array') continue;
        this.#take(chunk.subarray(start, at + 1), consumer);
        this.#moveTo(at + 1);
      }
    }
    if (this.#begun) this.#hold(chunk.subarray(start));
    this.#offset += chunk.length;
  }

  #begin(): void {
    if (this.#where === 'end') {
      throw atLine(invalidValue('there is something after the end of the array'), this.#input.name, this.#line);
    }
    if (this.#where === 'start') this.#where = 'texts';
    this.#begun = true;
    this.#recordLine = this.#line;
  }

  /** Notes that a record ends at `at` in the chunk. */
  #moveTo(at: number): void {
    this.#position = this.#offset + at;
    this.#positionLine = this.#line;
  }

  /** Notes the part of the record that is in this chunk. */
  #hold(part: Buffer): void {
    // A copy, since the owner of the chunk may use its memory again.
    this.#parts.push(Buffer.from(part));
    this.#partsLength += part.length;
    if (this.#partsLength <= LONGEST_LINE) return;
    const why = invalidValue(
      `a record is longer than ${LONGEST_LINE} bytes; is a quote or a bracket of it not closed?`,
    );
    throw atLine(why, this.#input.name, this.#recordLine);
  }

  /** Gives the record that ends with `part` to the consumer. */
  #take(part: Buffer, consumer: RecordConsumer): void {
    const bytes = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
    const line = this.#begun ? this.#recordLine : this.#line;
    this.#parts = [];
    this.#partsLength = 0;
    this.#begun = false;
    this.#raw = bytes;
    if (!isUtf8(bytes)) {
      consumer.reject(invalidValue('the record is not UTF-8'), line);
      return;
    }
    let record: unknown;
    try {
      record = parseJson(decodeUtf8(bytes, 0, bytes.length), this.#printed);
    } catch (cause) {
      consumer.reject(jsonRefusal(cause), line);
      return;
    }
    consumer.record(record, line);
  }

  /** To be called at the end of the input. */
  #finish(consumer: RecordConsumer): void {
    const isOpen = this.#where === 'array' || this.#depth > 0 || this.#inString;
    if (this.#begun && !isOpen) {
      this.#take(Buffer.alloc(0), consumer);
    } else if (this.#begun) {
      this.#raw = Buffer.concat(this.#parts);
      this.#begun = false;
      consumer.reject(
        invalidValue('the input ends in the middle of a record, or its array is not closed'),
        this.#recordLine,
      );
    } else if (isOpen) {
      throw atLine(invalidValue('the array is not closed: the input ends too early'), this.#input.name, this.#line);
    }
    this.#position = this.#offset;
    this.#positionLine = this.#line;
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === LINE_FEED || byte === 13 || byte === 9;
}
