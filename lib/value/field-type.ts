import { invalidType } from '../errors.ts';
import { bytesToHex } from '../hex.ts';
import type { Sink } from '../lease/sink.ts';
import { objectFreeze, weakSetAdd, weakSetHas } from '../primordials.ts';
import { loneSurrogate, writeText } from '../text.ts';
import type { Writer } from '../writer.ts';
import { writeBytes } from './bytes.ts';
import { ASCII_BIT, writeU32 } from './record.ts';
import { recordGetters as getters, optionalScalarGetter } from './record-place.ts';
import { type Scalar, scalars } from './scalars.ts';
import type { Value } from './value.ts';

/**
 * The type of a struct's field. `In` is what is taken, `View` what the getter gives, `Plain` what `toObject` gives;
 * `Optional` whether the field may be left out. Made by `t`.
 */
export interface FieldType<In, View, Plain, Optional extends boolean = boolean> {
  /** What the schema remembers of it, as JSON. */
  readonly description: FieldDescription;
  /** What it takes of the fixed part, in bytes. */
  readonly size: number;
  readonly optional: Optional;
  readonly getter: (end: number) => (this: never) => View;
  /**
   * Writes a value to the `size` bytes at `place` of the writer's bytes, and the variable part at its position. `record`
   * is where the record begins. Runs no user code.
   */
  readonly write: (writer: Writer, record: number, place: number, value: unknown, path: string) => void;
  readonly plain: (value: unknown) => unknown;
  readonly json: (value: unknown) => unknown;
  /** The type of an optional field of this type; absent if this is one. */
  readonly orAbsent?: () => FieldType<In, View | undefined, Plain, true>;
  /** For the compiler only. */
  readonly types?: { in: In; plain: Plain };
}

export type FieldDescription = string | { readonly optional: FieldDescription };

type Required<T> = FieldType<T, T, T, false>;

const known = new WeakSet<object>();

/** Whether `value` was made by `t`. */
export function isFieldType(value: unknown): value is FieldType<unknown, unknown, unknown> {
  return typeof value === 'object' && value !== null && weakSetHas(known, value);
}

function fieldType<T extends FieldType<unknown, unknown, unknown>>(type: T): T {
  weakSetAdd(known, type);
  return objectFreeze(type);
}

const same = (value: unknown): unknown => value;

function scalarType<T>(
  scalar: Scalar<T>,
  getter: FieldType<T, T, T>['getter'],
  json: (value: unknown) => unknown = same,
): Required<T> {
  const { name, size } = scalar;
  const type: Required<T> = {
    description: name,
    size,
    optional: false,
    getter,
    write: (writer, _record, place, value, path) => scalar.write(writer.bytes, place, value, path),
    plain: same,
    json,
    orAbsent: () =>
      fieldType({
        description: { optional: name },
        size: 1 + size,
        optional: true as const,
        getter: optionalScalarGetter(scalar),
        write(writer: Writer, _record: number, place: number, value: unknown, path: string): void {
          const { bytes } = writer;
          bytes[place] = value === undefined ? 0 : 1;
          if (value !== undefined) scalar.write(bytes, place + 1, value, path);
          else for (let i = 1; i <= size; i++) bytes[place + i] = 0;
        },
        plain: same,
        json,
      }),
  };
  return fieldType(type);
}

/** A type that stands in the fixed part as (offset, length), offset 0 meaning absent. */
function partType<In, View, Plain>(
  name: string,
  getter: FieldType<In, View, Plain>['getter'],
  optionalGetter: FieldType<In, View | undefined, Plain>['getter'],
  append: (writer: Writer, value: unknown, path: string) => number,
  plain: (value: unknown) => unknown,
  json: (value: unknown) => unknown,
): FieldType<In, View, Plain, false> {
  const size = 8;
  function write(writer: Writer, record: number, place: number, value: unknown, path: string): void {
    const offset = writer.position - record;
    const marked = append(writer, value, path);
    writeU32(writer.bytes, place, offset);
    writeU32(writer.bytes, place + 4, marked);
  }
  return fieldType({
    description: name,
    size,
    optional: false as const,
    getter,
    write,
    plain,
    json,
    orAbsent: () =>
      fieldType({
        description: { optional: name },
        size,
        optional: true as const,
        getter: optionalGetter,
        write(writer: Writer, record: number, place: number, value: unknown, path: string): void {
          if (value !== undefined) {
            write(writer, record, place, value, path);
          } else {
            writeU32(writer.bytes, place, 0);
            writeU32(writer.bytes, place + 4, 0);
          }
        },
        plain,
        json,
      }),
  });
}

/** Appends a text; gives its length in bytes, marked if it is all ASCII. */
function appendTextField(writer: Writer, value: unknown, path: string): number {
  if (typeof value !== 'string') throw invalidType(path, 'a string', value);
  const length = writeText(writer, value);
  if (length < 0) throw loneSurrogate(path);
  return length === value.length ? length + ASCII_BIT : length;
}

function appendBytesField(writer: Writer, value: unknown, path: string): number {
  const from = writer.position;
  writeBytes(writer, value, path);
  return writer.position - from;
}

function privateBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const buffer = (value as Value).toBuffer();
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function numberOrText(value: unknown): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function optional<In, View, Plain>(
  type: FieldType<In, View, Plain, false>,
): FieldType<In, View | undefined, Plain, true> {
  if (!isFieldType(type)) throw invalidType('the type of an optional field', 'one that t makes', type);
  if (type.orAbsent === undefined)
    throw invalidType('the type of an optional field', 'one that is not optional itself', type);
  return type.orAbsent();
}

/** The types of a struct's fields. */
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
  utf8: partType<string, string, string>('utf8', getters.utf8, getters.optionalUtf8, appendTextField, same, same),
  bytes: partType<Uint8Array | Sink, Value, Uint8Array>(
    'bytes',
    getters.bytes,
    getters.optionalBytes,
    appendBytesField,
    privateBytes,
    (value) => bytesToHex(privateBytes(value), 0, (value as Value).byteLength),
  ),
  optional,
});
