import { writeF32, writeF64 } from '../../base/float.ts';
import { bufferCompare, latin1Slice, utf8Slice } from '../../base/primordials.ts';
import { readText, writeText } from '../../base/text.ts';
import type { Writer } from '../../base/writer.ts';
import { appendBytes } from '../../lease/bytes.ts';
import type { FieldDescription, StructDescription } from './field-description.ts';
import { ASCII_BIT, FORMAT_VERSION, HEADER_SIZE, writeU32 } from './record.ts';
import { scalars } from './scalars.ts';

const INTEGER = 0;
const LONG = 1;
const DOUBLE = 2;
const FLOAT = 3;
const BOOL = 4;
const TEXT = 5;
type Kind = typeof INTEGER | typeof LONG | typeof DOUBLE | typeof FLOAT | typeof BOOL | typeof TEXT;

const KINDS: { readonly [type: string]: Kind } = {
  u8: INTEGER,
  u16: INTEGER,
  u32: INTEGER,
  i8: INTEGER,
  i16: INTEGER,
  i32: INTEGER,
  u64: LONG,
  i64: LONG,
  f64: DOUBLE,
  f32: FLOAT,
  bool: BOOL,
  utf8: TEXT,
};

/** A field as its text is looked for. */
interface JsonField {
  /** `"name"`, as bytes. */
  readonly label: Uint8Array;
  readonly kind: Kind;
  readonly optional: boolean;
  /** Where the value stands after the record's start, behind the byte of presence; and its size, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly least: number;
  readonly most: number;
}

/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** An integer of so many digits is exact in a double. */
const EXACT_DIGITS = 15;
const LARGEST_FLOAT = 3.4028234663852886e38;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
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
  #source: Uint8Array = new Uint8Array(0);
  /** Where the next byte is read. */
  #at = 0;

  private constructor(fields: readonly JsonField[], size: number) {
    this.#fields = fields;
    this.#size = size;
    this.#places = new Float64Array(fields.length);
    this.#lengths = new Float64Array(fields.length);
    this.#numbers = new Float64Array(fields.length);
  }

  /** Undefined for a schema with types that are not written in this way. */
  static of({ struct }: StructDescription): JsonLineWriter | undefined {
    const fields: JsonField[] = [];
    let end = HEADER_SIZE;
    for (const [name, type] of struct) {
      const field = fieldOf(name, type, end);
      if (field === undefined) return undefined;
      fields.push(field);
      end = field.offset + field.size;
    }
    return new JsonLineWriter(fields, end - HEADER_SIZE);
  }

  /**
   * Appends the record whose JSON stands in `source` from `start` on, on a line that ends before `stop` or there; gives where
   * the next line begins. -1 leaves the line to others, the writer's position as it was. `source` is UTF-8.
   */
  write(writer: Writer, source: Uint8Array, start: number, stop: number): number {
    const record = writer.position;
    // No string is longer than its JSON.
    writer.reserve(HEADER_SIZE + this.#size + stop - start);
    this.#source = source;
    this.#at = start;
    writer.position = record + HEADER_SIZE + this.#size;
    if (!this.#writeFields(writer, record)) {
      writer.position = record;
      return -1;
    }
    let next = this.#at;
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
    return (this.#fields[index] as JsonField).kind === TEXT;
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
    if (kind === TEXT) {
      const place = this.#places[index] as number;
      return Number.isNaN(place) ? undefined : readText(writer.bytes, place, place + (this.#lengths[index] as number));
    }
    const number = this.#numbers[index] as number;
    if (Number.isNaN(number)) return undefined;
    return kind === BOOL ? number === 1 : number;
  }

  #writeFields(writer: Writer, record: number): boolean {
    const source = this.#source;
    const fields = this.#fields;
    if (source[this.#at] !== BRACE) return false;
    let last = BRACE;
    this.#at++;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as JsonField;
      const place = record + field.offset;
      // Behind the last value stands a comma, and behind that the label; or the brace, if all that is left is absent.
      if (last !== END_BRACE && this.#isNext(field.label)) {
        if (field.optional && field.kind !== TEXT) writer.bytes[place - 1] = 1;
        if (!this.#writeValue(writer, record, place, field, i)) return false;
        this.#skipSpaces();
        last = source[this.#at++] as number;
        if (last === COMMA) this.#skipSpaces();
        else if (last !== END_BRACE) return false;
      } else {
        if (!field.optional) return false;
        this.#places[i] = this.#numbers[i] = Number.NaN;
        const from = field.kind === TEXT ? place : place - 1;
        for (let k = from; k < place + field.size; k++) writer.bytes[k] = 0;
      }
    }
    return last === END_BRACE;
  }

  /** Passes a label and its colon, if they are next. */
  #isNext(label: Uint8Array): boolean {
    const source = this.#source;
    const start = this.#at;
    const { length } = label;
    for (let k = 0; k < length; k++) if (source[start + k] !== label[k]) return false;
    this.#at = start + length;
    this.#skipSpaces();
    if (source[this.#at] !== COLON) return false;
    this.#at++;
    this.#skipSpaces();
    return true;
  }

  #skipSpaces(): void {
    while (this.#source[this.#at] === 0x20) this.#at++;
  }

  #writeValue(writer: Writer, record: number, place: number, field: JsonField, index: number): boolean {
    const { kind } = field;
    if (kind === TEXT) return this.#writeText(writer, record, place, index);
    const number = kind === BOOL ? this.#readBool() : this.#readNumber(kind === INTEGER || kind === LONG);
    // NaN is what could not be read here.
    if (!(number >= field.least && number <= field.most)) return false;
    this.#numbers[index] = number;
    const { bytes } = writer;
    if (kind === DOUBLE) {
      writeF64(bytes, place, number);
    } else if (kind === FLOAT) {
      const single = Math.fround(number);
      if (Math.abs(single) === Number.POSITIVE_INFINITY) return false;
      writeF32(bytes, place, single);
    } else if (kind === LONG) {
      const high = Math.floor(number / 2 ** 32);
      writeU32(bytes, place, number - high * 2 ** 32);
      writeU32(bytes, place + 4, high);
    } else {
      for (let k = 0, rest = number; k < field.size; k++, rest >>= 8) bytes[place + k] = rest;
    }
    return true;
  }

  #readBool(): number {
    const source = this.#source;
    const at = this.#at;
    const isTrue = source[at] === 0x74 && source[at + 1] === 0x72 && source[at + 2] === 0x75 && source[at + 3] === 0x65;
    if (isTrue) {
      this.#at = at + 4;
      return 1;
    }
    const isFalse =
      source[at] === 0x66 && source[at + 1] === 0x61 && source[at + 2] === 0x6c && source[at + 3] === 0x73;
    if (!isFalse || source[at + 4] !== 0x65) return Number.NaN;
    this.#at = at + 5;
    return 0;
  }

  /**
   * A number as JSON has it, NaN for what is none or needs more care: an exponent, an integer beyond what a double holds
   * for sure. Up to 15 digits are an exact integer, and a quotient of two exact doubles is rounded once, as it should be.
   */
  #readNumber(onlyInteger: boolean): number {
    const source = this.#source;
    const start = this.#at;
    let at = start;
    const negative = source[at] === MINUS;
    if (negative) at++;
    const first = at;
    let digits = 0;
    let byte = source[at] as number;
    while (byte >= ZERO && byte <= ZERO + 9) {
      digits = 10 * digits + byte - ZERO;
      byte = source[++at] as number;
    }
    const length = at - first;
    if (length === 0 || (length > 1 && source[first] === ZERO)) return Number.NaN;
    let fraction = 0;
    if (byte === DOT) {
      const point = at;
      byte = source[++at] as number;
      while (byte >= ZERO && byte <= ZERO + 9) {
        digits = 10 * digits + byte - ZERO;
        byte = source[++at] as number;
      }
      fraction = at - point - 1;
      if (fraction === 0 || onlyInteger) return Number.NaN;
    }
    if (byte === 0x65 || byte === 0x45) return Number.NaN;
    this.#at = at;
    if (length + fraction > EXACT_DIGITS) {
      const text = latin1Slice(source, start, at);
      // What a double is not written as may not be what the text says.
      return fraction > 0 && String(Number(text)) === text ? Number(text) : Number.NaN;
    }
    const size = fraction === 0 ? digits : digits / (POWERS[fraction] as number);
    return negative ? -size : size;
  }

  #writeText(writer: Writer, record: number, place: number, index: number): boolean {
    const source = this.#source;
    let at = this.#at;
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
    this.#at = at + 1;
    writer.position = end;
    this.#placeText(writer, record, place, index, position, all < 0x80);
    return true;
  }

  /** A string with escapes in it. */
  #writeEscaped(writer: Writer, record: number, place: number, index: number): boolean {
    const source = this.#source;
    const start = this.#at;
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
    this.#at = at + 1;
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

function fieldOf(name: string, type: FieldDescription, start: number): JsonField | undefined {
  const optional = typeof type === 'object' && 'optional' in type;
  const inner: unknown = optional ? type.optional : type;
  const json = JSON.stringify(name);
  if (typeof inner !== 'string' || !Object.hasOwn(KINDS, inner) || json.includes('\\')) return undefined;
  const kind = KINDS[inner] as Kind;
  const size = kind === TEXT ? 8 : scalars[inner as 'u8'].size;
  const signed = inner.startsWith('i');
  const bits = 8 * size;
  const most =
    kind === INTEGER ? 2 ** (signed ? bits - 1 : bits) - 1 : kind === FLOAT ? LARGEST_FLOAT : Number.MAX_VALUE;
  const least = kind === INTEGER ? (signed ? -(2 ** (bits - 1)) : 0) : inner === 'u64' ? 0 : -most;
  const offset = start + (optional && kind !== TEXT ? 1 : 0);
  return { label: Buffer.from(json), kind, optional, offset, size, least, most };
}
