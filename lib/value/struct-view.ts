import { inspect } from 'node:util';
import { invalidType, LeaseholdError } from '../errors.ts';
import { readF32, readF64 } from '../float.ts';
import { inspectAs } from '../inspect.ts';
import type { Lease } from '../lease/lease.ts';
import {
  bytesOf,
  inspectable,
  keepAlone,
  lengthOf,
  mustMove,
  ONLY_VALUE,
  type Place,
  Span,
  startOf,
} from '../lease/sink.ts';
import { readAscii, readText } from '../text.ts';
import { checkPart, findField, LARGEST_PART, malformed, readU32 } from './record.ts';
import { readBool, readDate, readI32, readI64, readU16, readU64, type Scalar } from './scalars.ts';
import { emptyValue, Value } from './value.ts';

/** A field of a struct as its views need it. */
export interface ViewField {
  readonly name: string;
  readonly get: (this: never) => unknown;
  /** What `toObject` and `toJSON` show of what `get` gives. */
  readonly plain: (value: unknown) => unknown;
  readonly json: (value: unknown) => unknown;
}

/** One schema, as its views need it. */
export interface ViewSchema {
  readonly fields: readonly ViewField[];
  readonly make: (lease: Lease, at: number) => StructView;
}

/** The schema of each view class, by its prototype: on the prototype itself a field could have its name. */
const schemas = new WeakMap<object, ViewSchema>();

export function registerViewClass(prototype: StructView, schema: ViewSchema): void {
  schemas.set(prototype, schema);
}

function schemaOf(view: StructView): ViewSchema {
  return schemas.get(Object.getPrototypeOf(view)) as ViewSchema;
}

/** Getters of one schema's view class: `end` is where the field ends, in bytes after the record's start. */
type GetterOf<T> = (end: number) => (this: StructView & Placed) => T;

type Getters = {
  readonly [N in 'u8' | 'u16' | 'u32' | 'i8' | 'i16' | 'i32' | 'f32' | 'f64']: GetterOf<number>;
} & {
  readonly bool: GetterOf<boolean>;
  readonly u64: GetterOf<bigint>;
  readonly i64: GetterOf<bigint>;
  readonly date: GetterOf<Date>;
  readonly utf8: GetterOf<string>;
  readonly bytes: GetterOf<Value>;
  readonly optionalUtf8: GetterOf<string | undefined>;
  readonly optionalBytes: GetterOf<Value | undefined>;
};

/** The getter of an optional scalar: a byte of presence, then the scalar. */
type OptionalScalar = <T>(scalar: Scalar<T>) => GetterOf<T | undefined>;

interface Access {
  /** Where a view's bytes are; `ERR_INVALID_ARG_TYPE` for anything but a view. */
  place(view: unknown): Place;
  /** `keep()` of a view. */
  keep<V extends StructView>(view: V): V;
}

// Assigned inside the class body, where the private fields can be reached; not static members of the class, since a
// program finds the class behind any view, and a Lease must never be handed to it.
let access: Access;
let optionalScalar: OptionalScalar;
/** One factory a type, each with a function of its own: a shared one that called `read` would be megamorphic. */
let getters: Getters;

/** Where a view finds its record: a symbol, since fields may have any name. */
const PLACE: unique symbol = Symbol('place');

interface Placed {
  readonly [PLACE]: RecordPlace;
}

/**
 * What a view reads through. A program can get at it, but it has no property that leads to the lease.
 *
 * Not private fields of the view itself: made in a class that extends another, they cost 11 ns a view on Node 20 where
 * this costs 3; and where views of eight schemas have passed, 45 where this costs 13, since this is one class for all.
 */
class RecordPlace {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
  }

  static {
    access = {
      place(view) {
        const record = typeof view === 'object' && view !== null ? (view as Partial<Placed>)[PLACE] : undefined;
        if (record === undefined || !(#lease in record)) throw invalidType('view', 'a view of a struct record', view);
        return { lease: record.#lease, at: record.#at, span: record.#span };
      },
      keep(view) {
        const record = (view as unknown as Placed)[PLACE];
        const lease = record.#lease;
        if (!mustMove(lease, record.#span)) return view;
        const kept = keepAlone(lease, record.#at, record.#span);
        if (lease.reaimed) return schemaOf(view).make(kept, ONLY_VALUE) as typeof view;
        record.#lease = kept;
        record.#at = ONLY_VALUE;
        record.#span = null;
        return view;
      },
    };

    optionalScalar = (scalar) => (end) =>
      function () {
        const record = this[PLACE];
        const place = locate(record.#lease, record.#at, record.#span, end, 1 + scalar.size);
        if (place < 0) return undefined;
        const bytes = bytesOf(record.#lease, record.#at);
        const presence = bytes[place] as number;
        if (presence > 1) throw malformed(`a presence of ${presence}`);
        return presence === 0 ? undefined : scalar.read(bytes, place + 1);
      };

    getters = {
      u8: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 1);
          return place < 0 ? 0 : (bytesOf(record.#lease, record.#at)[place] as number);
        },
      u16: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 2);
          return place < 0 ? 0 : readU16(bytesOf(record.#lease, record.#at), place);
        },
      u32: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 4);
          return place < 0 ? 0 : readU32(bytesOf(record.#lease, record.#at), place);
        },
      i8: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 1);
          return place < 0 ? 0 : ((bytesOf(record.#lease, record.#at)[place] as number) << 24) >> 24;
        },
      i16: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 2);
          return place < 0 ? 0 : (readU16(bytesOf(record.#lease, record.#at), place) << 16) >> 16;
        },
      i32: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 4);
          return place < 0 ? 0 : readI32(bytesOf(record.#lease, record.#at), place);
        },
      f32: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 4);
          return place < 0 ? 0 : readF32(bytesOf(record.#lease, record.#at), place);
        },
      f64: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          return place < 0 ? 0 : readF64(bytesOf(record.#lease, record.#at), place);
        },
      bool: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 1);
          return place < 0 ? false : readBool(bytesOf(record.#lease, record.#at), place);
        },
      u64: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          return place < 0 ? 0n : readU64(bytesOf(record.#lease, record.#at), place);
        },
      i64: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          return place < 0 ? 0n : readI64(bytesOf(record.#lease, record.#at), place);
        },
      date: (end) =>
        function () {
          const record = this[PLACE];
          const place = locate(record.#lease, record.#at, record.#span, end, 8);
          return place < 0 ? new Date(0) : readDate(bytesOf(record.#lease, record.#at), place);
        },
      utf8: (end) =>
        function () {
          const record = this[PLACE];
          const text = readTextField(record.#lease, record.#at, record.#span, end);
          return text === undefined ? '' : text;
        },
      bytes: (end) =>
        function () {
          const record = this[PLACE];
          return readBytesField(record.#lease, record.#at, record.#span, end) ?? emptyValue();
        },
      optionalUtf8: (end) =>
        function () {
          const record = this[PLACE];
          return readTextField(record.#lease, record.#at, record.#span, end);
        },
      optionalBytes: (end) =>
        function () {
          const record = this[PLACE];
          return readBytesField(record.#lease, record.#at, record.#span, end);
        },
    };
  }
}

/**
 * What all views of struct records have in common: a place, and one getter a field on the prototype of the schema's own
 * class. Nothing is read before a getter is called.
 */
export class StructView {
  constructor(lease: Lease, at: number, span: Span | null) {
    (this as unknown as { [PLACE]: RecordPlace })[PLACE] = new RecordPlace(lease, at, span);
  }

  /** All fields, bytes as Uint8Array; optional fields that are absent are left out. */
  toObject(): object {
    return collect(this, (field, value) => field.plain(value));
  }

  /** All fields as JSON holds them: bytes in hexadecimal, dates in ISO 8601, 64-bit integers as decimal text if unsafe. */
  toJSON(): object {
    return collect(this, (field, value) => field.json(value));
  }
}

inspectAs(StructView.prototype, (view, depth, options) => {
  if (depth < 0) return '[Struct]';
  return inspectable(() => {
    const { lease, at, span } = structAccess.place(view);
    lengthOf(lease, at, span);
    return `Struct ${inspect(
      collect(view, (field, value) => field.plain(value), unreadable),
      options,
    )}`;
  }, 'Struct');
});

export const structAccess: Access = access;
export const structGetters: Getters = getters;
export const optionalScalarGetter: OptionalScalar = optionalScalar;

function locate(lease: Lease, at: number, span: Span | null, end: number, size: number): number {
  return findField(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span), end, size);
}

function readTextField(lease: Lease, at: number, span: Span | null, end: number): string | undefined {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  const place = findField(bytes, start, length, end, 8);
  if (place < 0) return undefined;
  const offset = readU32(bytes, place);
  if (offset === 0) return undefined;
  const marked = readU32(bytes, place + 4);
  const size = marked & LARGEST_PART;
  checkPart(bytes, start, length, offset, size);
  const from = start + offset;
  const text = marked === size ? readText(bytes, from, from + size) : readAscii(bytes, from, from + size);
  if (text === undefined)
    throw malformed(`a text at byte ${offset} that is not ${marked === size ? 'UTF-8' : 'ASCII'}`);
  return text;
}

function readBytesField(lease: Lease, at: number, span: Span | null, end: number): Value | undefined {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  const place = findField(bytes, start, length, end, 8);
  if (place < 0) return undefined;
  const offset = readU32(bytes, place);
  if (offset === 0) return undefined;
  const size = readU32(bytes, place + 4);
  checkPart(bytes, start, length, offset, size);
  return new Value(lease, at, new Span((span === null ? 0 : span.start) + offset, size, lease.turn));
}

/** A plain object of a view's fields, `show` applied to each that is present. */
function collect(
  view: StructView,
  show: (field: ViewField, value: unknown) => unknown,
  failed?: (error: unknown) => unknown,
): object {
  const plain = {};
  for (const field of schemaOf(view).fields) {
    let value: unknown;
    try {
      value = field.get.call(view as never);
      if (value !== undefined) value = show(field, value);
    } catch (error) {
      if (failed === undefined) throw error;
      value = failed(error);
    }
    if (value === undefined) continue;
    // An assignment to '__proto__' would set the prototype.
    Object.defineProperty(plain, field.name, { value, enumerable: true, configurable: true, writable: true });
  }
  return plain;
}

/** What an inspection shows in the place of a field that cannot be read. */
function unreadable(error: unknown): unknown {
  const text = error instanceof LeaseholdError ? error.message : String(error);
  return { [inspect.custom]: () => `<${text}>` };
}
