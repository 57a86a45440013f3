import { invalidType } from '../../base/errors.ts';
import { bytesToHex } from '../../base/hex.ts';
import { loneSurrogate, writeText } from '../../base/text.ts';
import type { Writer } from '../../base/writer.ts';
import { type Place, type Sink, toBytes } from '../../lease/sink.ts';
import { appendBytesOf } from '../bytes.ts';
import { emptyValue, placeOfValue, Value } from '../value.ts';
import { coderOf } from './field.ts';
import type { FieldType } from './field-description.ts';
import { listType } from './list-type.ts';
import { atField, type Path, pathText, wrongType } from './path.ts';
import { ASCII_BIT } from './record.ts';
import { readSpan, readTextPart } from './record-field.ts';
import { recordGetters as getters } from './record-place.ts';
import { scalarType } from './scalar-type.ts';
import { scalars } from './scalars.ts';
import { structType } from './struct-type.ts';
import { partType } from './variable-type.ts';

type Required<T> = FieldType<T, T, T, false>;

const same = (value: unknown): unknown => value;

/** Appends a text; gives its length in bytes, marked if it is all ASCII. */
function appendText(writer: Writer, value: unknown, path: Path, step: string | number): number {
  if (typeof value !== 'string') throw wrongType(path, step, 'a string', value);
  const length = writeText(writer, value);
  if (length < 0) throw atField(loneSurrogate(pathText(path, step)), path, step);
  return length === value.length ? length + ASCII_BIT : length;
}

function appendBytesField(writer: Writer, value: unknown, path: Path, step: string | number): number {
  const from = writer.position;
  if (!appendBytesOf(writer, value)) {
    throw wrongType(path, step, 'a Uint8Array, a Value or a Key', value);
  }
  return writer.position - from;
}

/** In an ArrayBuffer of its own, unlike a small Buffer: who is given a Uint8Array may use its `buffer`. */
function privateBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const { lease, at, span } = placeOfValue(value as Value) as Place;
  return toBytes(lease, at, span);
}

function numberOrText(value: unknown): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function optional<In, View, Plain>(
  type: FieldType<In, View, Plain, false>,
): FieldType<In, View | undefined, Plain, true> {
  const { orAbsent } = coderOf(type, 'the type of an optional field');
  if (orAbsent === undefined)
    throw invalidType('the type of an optional field', 'one that is not optional itself', type);
  return orAbsent() as FieldType<In, View | undefined, Plain, true>;
}

/** The types of a struct's fields, and of a list's elements. */
export const t: {
  readonly [N in 'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'f32' | 'f64']: Required<number>;
} & {
  readonly bool: Required<boolean>;
  /** A bigint, and nothing else. */
  readonly u64: Required<bigint>;
  readonly i64: Required<bigint>;
  /** A Date, to the millisecond. */
  readonly date: Required<Date>;
  readonly utf8: Required<string>;
  /** Takes a Uint8Array or any sink, gives a Value. */
  readonly bytes: FieldType<Uint8Array | Sink, Value, Uint8Array, false>;
  /** Takes an array, or a typed array if its elements are numbers; gives a List. */
  readonly list: typeof listType;
  /** A struct in a struct or a list: takes an object, gives a view as lazy as the one around it. */
  readonly struct: typeof structType;
  /** A field that may be left out, or undefined: it reads as undefined. */
  readonly optional: typeof optional;
} = Object.freeze({
  u8: scalarType(scalars.u8, getters.u8),
  u16: scalarType(scalars.u16, getters.u16),
  u32: scalarType(scalars.u32, getters.u32),
  i8: scalarType(scalars.i8, getters.i8),
  i16: scalarType(scalars.i16, getters.i16),
  i32: scalarType(scalars.i32, getters.i32),
  f32: scalarType(scalars.f32, getters.f32),
  f64: scalarType(scalars.f64, getters.f64),
  bool: scalarType(scalars.bool, getters.bool),
  u64: scalarType(scalars.u64, getters.u64, numberOrText),
  i64: scalarType(scalars.i64, getters.i64, numberOrText),
  date: scalarType(scalars.date, getters.date, (value) => (value as Date).toISOString()),
  utf8: partType<string, string, string>(
    { description: 'utf8', depth: 0, append: appendText, read: readTextPart, zero: () => '', plain: same, json: same },
    { required: getters.utf8, optional: getters.optionalUtf8 },
  ),
  bytes: partType<Uint8Array | Sink, Value, Uint8Array>({
    description: 'bytes',
    depth: 0,
    append: appendBytesField,
    read(lease, at, span, place, partsFrom) {
      const own = readSpan(lease, at, span, place, partsFrom);
      return own === undefined ? undefined : new Value(lease, at, own);
    },
    zero: emptyValue,
    plain: privateBytes,
    json: (value) => bytesToHex(privateBytes(value), 0, (value as Value).byteLength),
  }),
  list: listType,
  struct: structType,
  optional,
});
