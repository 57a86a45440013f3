import { invalidType } from '../../base/errors.ts';
import { readF32, readF64 } from '../../base/float.ts';
import { keepShape } from '../../base/shape.ts';
import { type Lease, NO_LEASE } from '../../lease/lease.ts';
import { bytesOf, keepAlone, mustMove, ONLY_VALUE, type Place, type Span } from '../../lease/sink.ts';
import { readU32 } from './record.ts';
import {
  findField,
  locate,
  originOf,
  partsFrom,
  type ReadPart,
  readOther,
  readOtherText,
  readTextAt,
} from './record-field.ts';
import {
  readBool,
  readDate,
  readI32,
  readI64,
  readOptional,
  readU16,
  readU64,
  type Scalar,
  scalars,
} from './scalars.ts';

/** Getters of one schema's view class: `end` is where the field ends, in bytes after the record's start. */
type GetterOf<T> = (end: number) => (this: Placed) => T;

type Getters = {
  readonly [N in 'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'f32' | 'f64']: GetterOf<number>;
} & {
  readonly bool: GetterOf<boolean>;
  readonly u64: GetterOf<bigint>;
  readonly i64: GetterOf<bigint>;
  readonly date: GetterOf<Date>;
  readonly utf8: GetterOf<string>;
  readonly optionalUtf8: GetterOf<string | undefined>;
  /** What `read` gives, or `zero` if that is undefined. */
  readonly part: <T>(read: ReadPart<T>, zero: () => T) => GetterOf<T>;
  readonly optionalPart: <T>(read: ReadPart<T>) => GetterOf<T | undefined>;
};

/** The getter of an optional scalar: a byte of presence, then the scalar. */
type OptionalScalar = <T>(scalar: Scalar<T>) => GetterOf<T | undefined>;

interface Access {
  /** What a view reads through; `ERR_INVALID_ARG_TYPE` for anything but a view. A Proxy of one may run user code. */
  record(view: unknown): RecordPlace;
  /** Where the bytes of a record are. */
  placeOf(record: RecordPlace): Place;
  /** Both. */
  place(view: unknown): Place;
  /**
   * `keep()` of a view: undefined if the bytes of its record are its own now; on a re-aimed lease, the private lease on
   * which a new view is to be made, at ONLY_VALUE.
   */
  keep(record: RecordPlace): Lease | undefined;
}

// Assigned inside the class body, where the private fields can be reached; not static members of the class, since a
// program finds the class behind any view, and a Lease must never be handed to it.
let access: Access;
let optionalScalar: OptionalScalar;
/**
 * One factory a type, each with functions of its own: shared ones that called `read` would be megamorphic. A getter is below
 * 27 bytes of bytecode, which V8 inlines whatever else there is, and what it calls is short: so a loop reads a field
 * without a call, and neither view nor place need be allocated. What is rare is called with their parts, not with them.
 */
let getters: Getters;

/** Where a view finds its record: a symbol, since fields may have any name. */
export const PLACE: unique symbol = Symbol('place');

interface Placed {
  readonly [PLACE]: RecordPlace;
}

/**
 * What a view reads through. A program can get at it, and give it to another object or to another view; but it has no
 * property that leads to the lease, and whatever reads through it, a getter of another schema too, stays within the record.
 *
 * Not private fields of the view itself: made in a class that extends another, they cost 11 ns a view on Node 20 where
 * this costs 3; and where views of eight schemas have passed, 45 where this costs 13, since this is one class for all.
 * No private method, for which each object would carry a mark.
 */
export class RecordPlace {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
  }

  static {
    const isRecord = (value: unknown): value is RecordPlace =>
      typeof value === 'object' && value !== null && #lease in value;
    access = {
      record(view) {
        const record: unknown =
          typeof view === 'object' && view !== null ? (view as Partial<Placed>)[PLACE] : undefined;
        if (!isRecord(record)) throw invalidType('view', 'a view of a struct record', view);
        return record;
      },
      placeOf(record) {
        return { lease: record.#lease, at: record.#at, span: record.#span };
      },
      place(view) {
        return access.placeOf(access.record(view));
      },
      keep(record) {
        const lease = record.#lease;
        if (!mustMove(lease, record.#span)) return undefined;
        const kept = keepAlone(lease, record.#at, record.#span);
        if (lease.reaimed) return kept;
        record.#lease = kept;
        record.#at = ONLY_VALUE;
        record.#span = null;
        return undefined;
      },
    };

    optionalScalar = (scalar) => (end) =>
      function () {
        const record = this[PLACE];
        const place = locate(record.#lease, record.#at, record.#span, end, 1 + scalar.size);
        if (place < 0) return undefined;
        return readOptional(scalar, bytesOf(record.#lease, record.#at), place, originOf(record.#lease, record.#at));
      };

    const u8 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 1);
      return place < 0 ? readOther(scalars.u8, lease, at, record.#span, end) : (lease.values[place] as number);
    };
    const u16 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 2);
      return place < 0 ? readOther(scalars.u16, lease, at, record.#span, end) : readU16(lease.values, place);
    };
    const u32 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 4);
      return place < 0 ? readOther(scalars.u32, lease, at, record.#span, end) : readU32(lease.values, place);
    };
    const i8 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 1);
      return place < 0
        ? readOther(scalars.i8, lease, at, record.#span, end)
        : ((lease.values[place] as number) << 24) >> 24;
    };
    const i16 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 2);
      return place < 0
        ? readOther(scalars.i16, lease, at, record.#span, end)
        : (readU16(lease.values, place) << 16) >> 16;
    };
    const i32 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 4);
      return place < 0 ? readOther(scalars.i32, lease, at, record.#span, end) : readI32(lease.values, place);
    };
    const f32 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 4);
      return place < 0 ? readOther(scalars.f32, lease, at, record.#span, end) : readF32(lease.values, place);
    };
    const f64 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 8);
      return place < 0 ? readOther(scalars.f64, lease, at, record.#span, end) : readF64(lease.values, place);
    };
    const bool = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 1);
      return place < 0
        ? readOther(scalars.bool, lease, at, record.#span, end)
        : readBool(lease.values, place, originOf(lease, at));
    };
    const u64 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 8);
      return place < 0 ? readOther(scalars.u64, lease, at, record.#span, end) : readU64(lease.values, place);
    };
    const i64 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 8);
      return place < 0 ? readOther(scalars.i64, lease, at, record.#span, end) : readI64(lease.values, place);
    };
    const date = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 8);
      return place < 0
        ? readOther(scalars.date, lease, at, record.#span, end)
        : readDate(lease.values, place, originOf(lease, at));
    };
    const utf8 = (record: RecordPlace, end: number) => {
      const lease = record.#lease;
      const at = record.#at;
      const place = findField(lease, at, record.#span, end, 8);
      return place < 0 ? readOtherText(lease, at, record.#span, end) : readTextAt(lease, at, place);
    };

    getters = {
      u8: (end) =>
        function () {
          return u8(this[PLACE], end);
        },
      u16: (end) =>
        function () {
          return u16(this[PLACE], end);
        },
      u32: (end) =>
        function () {
          return u32(this[PLACE], end);
        },
      i8: (end) =>
        function () {
          return i8(this[PLACE], end);
        },
      i16: (end) =>
        function () {
          return i16(this[PLACE], end);
        },
      i32: (end) =>
        function () {
          return i32(this[PLACE], end);
        },
      f32: (end) =>
        function () {
          return f32(this[PLACE], end);
        },
      f64: (end) =>
        function () {
          return f64(this[PLACE], end);
        },
      bool: (end) =>
        function () {
          return bool(this[PLACE], end);
        },
      u64: (end) =>
        function () {
          return u64(this[PLACE], end);
        },
      i64: (end) =>
        function () {
          return i64(this[PLACE], end);
        },
      date: (end) =>
        function () {
          return date(this[PLACE], end);
        },
      utf8: (end) =>
        function () {
          return utf8(this[PLACE], end) ?? '';
        },
      optionalUtf8: (end) =>
        function () {
          return utf8(this[PLACE], end);
        },
      part: (read, zero) => (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          if (place < 0) return zero();
          return (
            read(record.#lease, record.#at, record.#span, place, partsFrom(record.#lease, record.#at, record.#span)) ??
            zero()
          );
        },
      optionalPart: (read) => (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          return place < 0
            ? undefined
            : read(record.#lease, record.#at, record.#span, place, partsFrom(record.#lease, record.#at, record.#span));
        },
    };
  }
}

keepShape(new RecordPlace(NO_LEASE, 0, null));

export const recordAccess: Access = access;
export const recordGetters: Getters = getters;
export const optionalScalarGetter: OptionalScalar = optionalScalar;
