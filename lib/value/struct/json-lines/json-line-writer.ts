import { writeF32, writeF64 } from '../../../base/float.ts';
import { bufferCompare, utf8Slice } from '../../../base/platform.ts';
import { readText, writeText } from '../../../base/text.ts';
import type { Writer } from '../../../base/writer.ts';
import { appendBytes } from '../../../lease/bytes.ts';
import { FORM_BOOL, FORM_DOUBLE, FORM_FLOAT, FORM_INTEGER, FORM_LONG, FORM_TEXT } from '../field-form.ts';
import { ASCII_BIT, FORMAT_VERSION, HEADER_SIZE, writeU32 } from '../record.ts';
import type { Field } from '../schema.ts';
import { type JsonField, jsonFieldOf } from './json-field.ts';
import { JsonScanner } from './json-scanner.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const END_BRACE = 0x7d;

/**
 * Writes records of a struct straight from lines of JSON, without an object or a string in between: three to four times as
 * fast as parsing and writing. It takes the plain case alone, fields in the order of the schema, and leaves every other,
 * bad lines included, to whoever parses them: what it does write is what `write` of the codec would.
 */
export class JsonLineWriter {
  readonly #fields: readonly JsonField[];
  readonly #size: number;
  /** Of the last record: where in the writer each text was put, and what each number is (a bool is 0 or 1). NaN: absent. */
  readonly #places: Float64Array;
  readonly #lengths: Float64Array;
  readonly #numbers: Float64Array;
  readonly #scanner = new JsonScanner();

  private constructor(fields: readonly JsonField[], size: number) {
    this.#fields = fields;
    this.#size = size;
    this.#places = new Float64Array(fields.length);
    this.#lengths = new Float64Array(fields.length);
    this.#numbers = new Float64Array(fields.length);
  }

  /** Undefined for fields of types that are not written in this way. */
  static of(fields: readonly Field[]): JsonLineWriter | undefined {
    const found: JsonField[] = [];
    for (const field of fields) {
      const one = jsonFieldOf(field);
      if (one === undefined) return undefined;
      found.push(one);
    }
    return new JsonLineWriter(found, fields.length === 0 ? 0 : (fields[fields.length - 1] as Field).end - HEADER_SIZE);
  }

  /**
   * Appends the record whose JSON stands in `source` from `start` on, on a line that ends before `stop` or there; gives where
   * the next line begins. -1 leaves the line to others, the writer's position as it was. `source` is UTF-8.
   */
  write(writer: Writer, source: Uint8Array, start: number, stop: number): number {
    const record = writer.position;
    // No string is longer than its JSON.
    writer.reserve(HEADER_SIZE + this.#size + stop - start);
    const scanner = this.#scanner;
    scanner.source = source;
    scanner.at = start;
    writer.position = record + HEADER_SIZE + this.#size;
    if (!this.#writeFields(writer, record)) {
      writer.position = record;
      return -1;
    }
    let next = scanner.at;
    if (source[next] === 0x0d) next++;
    if (next < stop && source[next] !== 0x0a) {
      writer.position = record;
      return -1;
    }
    const { bytes } = writer;
    bytes[record] = FORMAT_VERSION;
    bytes[record + 1] = 0;
    bytes[record + 2] = this.#size;
    bytes[record + 3] = this.#size >>> 8;
    return next < stop ? next + 1 : stop;
  }

  /** The index of a field, -1 if there is none of that name. */
  indexOf(name: string): number {
    const label = Buffer.from(JSON.stringify(name));
    return this.#fields.findIndex((field) => bufferCompare(field.label, label) === 0);
  }

  isText(index: number): boolean {
    return (this.#fields[index] as JsonField).kind === FORM_TEXT;
  }

  /** Appends the bytes of a text of the last record; false if it was absent. */
  appendText(writer: Writer, index: number): boolean {
    const place = this.#places[index] as number;
    if (Number.isNaN(place)) return false;
    appendBytes(writer, writer.bytes, place, this.#lengths[index] as number);
    return true;
  }

  /** What a field of the last record is, undefined if it was absent. */
  valueOf(writer: Writer, index: number): string | number | boolean | undefined {
    const { kind } = this.#fields[index] as JsonField;
    if (kind === FORM_TEXT) {
      const place = this.#places[index] as number;
      return Number.isNaN(place) ? undefined : readText(writer.bytes, place, place + (this.#lengths[index] as number));
    }
    const number = this.#numbers[index] as number;
    if (Number.isNaN(number)) return undefined;
    return kind === FORM_BOOL ? number === 1 : number;
  }

  #writeFields(writer: Writer, record: number): boolean {
    const fields = this.#fields;
    const scanner = this.#scanner;
    const { source } = scanner;
    if (source[scanner.at] !== BRACE) return false;
    let last = BRACE;
    scanner.at++;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as JsonField;
      const place = record + field.offset;
      // Behind the last value stands a comma, and behind that the label; or the brace, if all that is left is absent.
      if (last !== END_BRACE && scanner.isNext(field.label)) {
        if (field.optional && field.kind !== FORM_TEXT) writer.bytes[place - 1] = 1;
        if (!this.#writeValue(writer, record, place, field, i)) return false;
        scanner.skipSpaces();
        last = source[scanner.at++] as number;
        if (last === COMMA) scanner.skipSpaces();
        else if (last !== END_BRACE) return false;
      } else {
        if (!field.optional) return false;
        this.#places[i] = this.#numbers[i] = Number.NaN;
        const from = field.kind === FORM_TEXT ? place : place - 1;
        for (let k = from; k < place + field.size; k++) writer.bytes[k] = 0;
      }
    }
    return last === END_BRACE;
  }

  #writeValue(writer: Writer, record: number, place: number, field: JsonField, index: number): boolean {
    const { kind } = field;
    const scanner = this.#scanner;
    if (kind === FORM_TEXT) return this.#writeText(writer, record, place, index);
    const number =
      kind === FORM_BOOL ? scanner.readBool() : scanner.readNumber(kind === FORM_INTEGER || kind === FORM_LONG);
    // NaN is what could not be read here.
    if (!(number >= field.least && number <= field.most)) return false;
    this.#numbers[index] = number;
    const { bytes } = writer;
    if (kind === FORM_DOUBLE) {
      writeF64(bytes, place, number);
    } else if (kind === FORM_FLOAT) {
      const single = Math.fround(number);
      if (Math.abs(single) === Number.POSITIVE_INFINITY) return false;
      writeF32(bytes, place, single);
    } else if (kind === FORM_LONG) {
      const high = Math.floor(number / 2 ** 32);
      writeU32(bytes, place, number - high * 2 ** 32);
      writeU32(bytes, place + 4, high);
    } else {
      for (let k = 0, rest = number; k < field.size; k++, rest >>= 8) bytes[place + k] = rest;
    }
    return true;
  }

  #writeText(writer: Writer, record: number, place: number, index: number): boolean {
    const { source } = this.#scanner;
    let at = this.#scanner.at;
    if (source[at] !== QUOTE) return false;
    at++;
    const { bytes, position } = writer;
    let end = position;
    let all = 0;
    for (;;) {
      const byte = source[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return this.#writeEscaped(writer, record, place, index);
      // What is not allowed in a string, and undefined behind the end.
      if (!(byte >= 0x20)) return false;
      all |= byte;
      bytes[end++] = byte;
      at++;
    }
    this.#scanner.at = at + 1;
    writer.position = end;
    this.#placeText(writer, record, place, index, position, all < 0x80);
    return true;
  }

  /** A string with escapes in it. */
  #writeEscaped(writer: Writer, record: number, place: number, index: number): boolean {
    const { source } = this.#scanner;
    const start = this.#scanner.at;
    let at = start + 1;
    for (; source[at] !== QUOTE; at++) {
      if (source[at] === BACKSLASH) at++;
      if (source[at] === undefined) return false;
    }
    let text: string;
    try {
      text = JSON.parse(utf8Slice(source, start, at + 1)) as string;
    } catch {
      return false;
    }
    const { position } = writer;
    const length = writeText(writer, text);
    if (length < 0) return false;
    this.#scanner.at = at + 1;
    this.#placeText(writer, record, place, index, position, length === text.length);
    return true;
  }

  #placeText(writer: Writer, record: number, place: number, index: number, from: number, ascii: boolean): void {
    const length = writer.position - from;
    writeU32(writer.bytes, place, from - record);
    writeU32(writer.bytes, place + 4, ascii ? length + ASCII_BIT : length);
    this.#places[index] = from;
    this.#lengths[index] = length;
  }
}
