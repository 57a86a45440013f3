import type { Sink } from '../../lease/sink.ts';
import type { Value } from '../value.ts';
import type { FieldType } from './field-description.ts';
import { bool } from './types/bool.ts';
import { bytes } from './types/bytes.ts';
import { date } from './types/date.ts';
import { f32 } from './types/f32.ts';
import { f64 } from './types/f64.ts';
import { i8 } from './types/i8.ts';
import { i16 } from './types/i16.ts';
import { i32 } from './types/i32.ts';
import { i64 } from './types/i64.ts';
import { listType } from './types/list-type.ts';
import { optionalType } from './types/optional-type.ts';
import { structType } from './types/struct-type.ts';
import { u8 } from './types/u8.ts';
import { u16 } from './types/u16.ts';
import { u32 } from './types/u32.ts';
import { u64 } from './types/u64.ts';
import { utf8 } from './types/utf8.ts';

type Required<T> = FieldType<T, T, T, false>;

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
  readonly optional: typeof optionalType;
} = Object.freeze({
  u8,
  u16,
  u32,
  i8,
  i16,
  i32,
  f32,
  f64,
  bool,
  u64,
  i64,
  date,
  utf8,
  bytes,
  list: listType,
  struct: structType,
  optional: optionalType,
});
