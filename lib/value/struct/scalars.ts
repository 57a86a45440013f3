import { readF32, readF64, writeF32, writeF64 } from '../../base/float.ts';
import {
  dateGetTime,
  isInteger,
  isNotANumber,
  mathAbs,
  mathFround,
  PrimordialBigInt,
  PrimordialDate,
  PrimordialNumber,
} from '../../base/primordials.ts';
import { type Path, wrongRange, wrongType } from './path.ts';
import { malformed, readU32, writeU32 } from './record.ts';

/** A value of fixed size: how it is checked and written, and read back. */
export interface Scalar<T> {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** What a record without the field gives. */
  readonly zero: () => T;
  /** `origin` is where the value begins of which this is a part. `ERR_CODEC`. */
  read(bytes: Uint8Array, place: number, origin: number): T;
  /** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`, naming `step` of `path`; runs no user code. */
  write(bytes: Uint8Array, place: number, value: unknown, path: Path, step: string | number): void;
}

/** The most milliseconds that a Date can be away from its epoch. */
const LARGEST_TIME = 8.64e15;

export function readU16(bytes: Uint8Array, place: number): number {
  return (bytes[place] as number) | ((bytes[place + 1] as number) << 8);
}

export function readI32(bytes: Uint8Array, place: number): number {
  return readU32(bytes, place) | 0;
}

export function readBool(bytes: Uint8Array, place: number, origin: number): boolean {
  const byte = bytes[place] as number;
  if (byte > 1) throw malformed(`a bool of value ${byte}`, place - origin);
  return byte === 1;
}

export function readU64(bytes: Uint8Array, place: number): bigint {
  return (PrimordialBigInt(readU32(bytes, place + 4)) << 32n) | PrimordialBigInt(readU32(bytes, place));
}

export function readI64(bytes: Uint8Array, place: number): bigint {
  return (PrimordialBigInt(readI32(bytes, place + 4)) << 32n) | PrimordialBigInt(readU32(bytes, place));
}

export function readDate(bytes: Uint8Array, place: number, origin: number): Date {
  const time = readF64(bytes, place);
  if (!isInteger(time) || mathAbs(time) > LARGEST_TIME) throw malformed(`a date of ${time} ms`, place - origin);
  return new PrimordialDate(time);
}

/** Reads an optional scalar, a byte of presence before it, at `place` of a value that begins at `origin`. `ERR_CODEC`. */
export function readOptional<T>(scalar: Scalar<T>, bytes: Uint8Array, place: number, origin: number): T | undefined {
  const presence = bytes[place] as number;
  if (presence > 1) throw malformed(`a presence of ${presence}`, place - origin);
  return presence === 0 ? undefined : scalar.read(bytes, place + 1, origin);
}

function integer(name: string, size: 1 | 2 | 4, least: number, read: Scalar<number>['read']): Scalar<number> {
  const most = least + 256 ** size - 1;
  const allowed = `an integer from ${least} to ${most}`;
  return {
    name,
    size,
    zero: () => 0,
    read,
    write(bytes, place, value, path, step) {
      if (typeof value !== 'number') throw wrongType(path, step, `a number (${name})`, value);
      if (!(isInteger(value) && value >= least && value <= most)) throw wrongRange(path, step, allowed, value);
      for (let i = 0, rest = value; i < size; i++, rest >>= 8) bytes[place + i] = rest;
    },
  };
}

function longInteger(name: string, least: bigint, read: Scalar<bigint>['read']): Scalar<bigint> {
  const most = least + 2n ** 64n - 1n;
  return {
    name,
    size: 8,
    zero: () => 0n,
    read,
    write(bytes, place, value, path, step) {
      if (typeof value !== 'bigint') throw wrongType(path, step, `a bigint (${name})`, value);
      if (value < least || value > most) throw wrongRange(path, step, `from ${least} to ${most}`, value);
      writeU32(bytes, place, PrimordialNumber(value & 0xffff_ffffn));
      writeU32(bytes, place + 4, PrimordialNumber((value >> 32n) & 0xffff_ffffn));
    },
  };
}

function float(name: string, size: 4 | 8, read: Scalar<number>['read']): Scalar<number> {
  return {
    name,
    size,
    zero: () => 0,
    read,
    write(bytes, place, value, path, step) {
      if (typeof value !== 'number') throw wrongType(path, step, `a number (${name})`, value);
      if (size === 8) {
        writeF64(bytes, place, value);
      } else {
        const single = mathFround(value);
        if (mathAbs(single) === Infinity && mathAbs(value) !== Infinity) {
          throw wrongRange(path, step, 'within what 32 bits of float can hold', value);
        }
        writeF32(bytes, place, single);
      }
    },
  };
}

const bool: Scalar<boolean> = {
  name: 'bool',
  size: 1,
  zero: () => false,
  read: readBool,
  write(bytes, place, value, path, step) {
    if (typeof value !== 'boolean') throw wrongType(path, step, 'a boolean', value);
    bytes[place] = value ? 1 : 0;
  },
};

const date: Scalar<Date> = {
  name: 'date',
  size: 8,
  zero: () => new PrimordialDate(0),
  read: readDate,
  write(bytes, place, value, path, step) {
    const time = timeOf(value);
    if (time === undefined) throw wrongType(path, step, 'a Date', value);
    if (isNotANumber(time)) throw wrongRange(path, step, 'a valid Date', time);
    writeF64(bytes, place, time);
  },
};

/** A Date's time, whatever its prototype says; undefined for anything else. */
function timeOf(value: unknown): number | undefined {
  try {
    return dateGetTime(value);
  } catch {
    return undefined;
  }
}

/** Every scalar by its name. */
export const scalars: {
  readonly [N in 'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'f32' | 'f64']: Scalar<number>;
} & {
  readonly bool: Scalar<boolean>;
  readonly u64: Scalar<bigint>;
  readonly i64: Scalar<bigint>;
  readonly date: Scalar<Date>;
} = {
  u8: integer('u8', 1, 0, (bytes, place) => bytes[place] as number),
  u16: integer('u16', 2, 0, readU16),
  u32: integer('u32', 4, 0, readU32),
  i8: integer('i8', 1, -(2 ** 7), (bytes, place) => ((bytes[place] as number) << 24) >> 24),
  i16: integer('i16', 2, -(2 ** 15), (bytes, place) => (readU16(bytes, place) << 16) >> 16),
  i32: integer('i32', 4, -(2 ** 31), readI32),
  f32: float('f32', 4, readF32),
  f64: float('f64', 8, readF64),
  bool,
  u64: longInteger('u64', 0n, readU64),
  i64: longInteger('i64', -(2n ** 63n), readI64),
  date,
};
