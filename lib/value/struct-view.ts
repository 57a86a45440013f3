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
import { findField, findPart, malformed, part, readU32 } from './record.ts';
import { readBool, readDate, readI32, readI64, readU16, readU64, type Scalar } from './scalars.ts';
import { emptyValue, Value } from './value.ts';

/** A field of a struct as its views need it. */
export interface ViewField {
  readonly name: string;
  readonly get: (this: StructView) => unknown;
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
type GetterOf<T> = (end: number) => (this: StructView) => T;

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

/**
 * What all views of struct records have in common: a lease and a place, and one getter a field on the prototype of the
 * schema's own class. Nothing is read before a getter is called.
 */
export abstract class StructView {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
  }

  /** All fields, bytes as Uint8Array; optional fields that are absent are left out. */
  toObject(): object {
    return collect(this, (field, value) => field.plain(value));
  }

  /** All fields as JSON holds them: bytes in hexadecimal, dates in ISO 8601, 64-bit integers as decimal text if unsafe. */
  toJSON(): object {
    return collect(this, (field, value) => field.json(value));
  }

  static {
    inspectAs(StructView.prototype, (view, depth, options) => {
      if (depth < 0) return '[Struct]';
      return inspectable(() => {
        lengthOf(view.#lease, view.#at, view.#span);
        return `Struct ${inspect(
          collect(view, (field, value) => field.plain(value), unreadable),
          options,
        )}`;
      }, 'Struct');
    });

    access = {
      place(view) {
        if (typeof view !== 'object' || view === null || !(#lease in view)) {
          throw invalidType('view', 'a view of a struct record', view);
        }
        return { lease: view.#lease, at: view.#at, span: view.#span };
      },
      keep(view) {
        const lease = view.#lease;
        if (!mustMove(lease, view.#span)) return view;
        const kept = keepAlone(lease, view.#at, view.#span);
        if (lease.reaimed) return schemaOf(view).make(kept, ONLY_VALUE) as typeof view;
        view.#lease = kept;
        view.#at = ONLY_VALUE;
        view.#span = null;
        return view;
      },
    };

    optionalScalar = (scalar) => (end) =>
      function () {
        const place = locate(this.#lease, this.#at, this.#span, end, 1 + scalar.size);
        if (place < 0) return undefined;
        const bytes = bytesOf(this.#lease, this.#at);
        const presence = bytes[place] as number;
        if (presence > 1) throw malformed(`a presence of ${presence}`);
        return presence === 0 ? undefined : scalar.read(bytes, place + 1);
      };

    getters = {
      u8: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 1);
          return place < 0 ? 0 : (bytesOf(this.#lease, this.#at)[place] as number);
        },
      u16: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 2);
          return place < 0 ? 0 : readU16(bytesOf(this.#lease, this.#at), place);
        },
      u32: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 4);
          return place < 0 ? 0 : readU32(bytesOf(this.#lease, this.#at), place);
        },
      i8: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 1);
          return place < 0 ? 0 : ((bytesOf(this.#lease, this.#at)[place] as number) << 24) >> 24;
        },
      i16: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 2);
          return place < 0 ? 0 : (readU16(bytesOf(this.#lease, this.#at), place) << 16) >> 16;
        },
      i32: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 4);
          return place < 0 ? 0 : readI32(bytesOf(this.#lease, this.#at), place);
        },
      f32: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 4);
          return place < 0 ? 0 : readF32(bytesOf(this.#lease, this.#at), place);
        },
      f64: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 8);
          return place < 0 ? 0 : readF64(bytesOf(this.#lease, this.#at), place);
        },
      bool: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 1);
          return place < 0 ? false : readBool(bytesOf(this.#lease, this.#at), place);
        },
      u64: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 8);
          return place < 0 ? 0n : readU64(bytesOf(this.#lease, this.#at), place);
        },
      i64: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 8);
          return place < 0 ? 0n : readI64(bytesOf(this.#lease, this.#at), place);
        },
      date: (end) =>
        function () {
          const place = locate(this.#lease, this.#at, this.#span, end, 8);
          return place < 0 ? new Date(0) : readDate(bytesOf(this.#lease, this.#at), place);
        },
      utf8: (end) =>
        function () {
          const text = readTextField(this.#lease, this.#at, this.#span, end);
          return text === undefined ? '' : text;
        },
      bytes: (end) =>
        function () {
          return readBytesField(this.#lease, this.#at, this.#span, end) ?? emptyValue();
        },
      optionalUtf8: (end) =>
        function () {
          return readTextField(this.#lease, this.#at, this.#span, end);
        },
      optionalBytes: (end) =>
        function () {
          return readBytesField(this.#lease, this.#at, this.#span, end);
        },
    };
  }
}

export const structAccess: Access = access;
export const structGetters: Getters = getters;
export const optionalScalarGetter: OptionalScalar = optionalScalar;

function locate(lease: Lease, at: number, span: Span | null, end: number, size: number): number {
  return findField(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span), end, size);
}

/** Whether a field of the variable part is there: `part` then says where. */
function locatePart(lease: Lease, at: number, span: Span | null, end: number): boolean {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  const place = findField(bytes, start, length, end, 8);
  return place >= 0 && findPart(bytes, start, length, place);
}

function readTextField(lease: Lease, at: number, span: Span | null, end: number): string | undefined {
  if (!locatePart(lease, at, span, end)) return undefined;
  const from = startOf(lease, at, span) + part.start;
  const bytes = bytesOf(lease, at);
  const text = part.ascii ? readAscii(bytes, from, from + part.length) : readText(bytes, from, from + part.length);
  if (text === undefined) throw malformed(`a text at byte ${part.start} that is not ${part.ascii ? 'ASCII' : 'UTF-8'}`);
  return text;
}

function readBytesField(lease: Lease, at: number, span: Span | null, end: number): Value | undefined {
  if (!locatePart(lease, at, span, end)) return undefined;
  if (part.ascii) throw malformed('bytes that are marked as a text');
  return new Value(lease, at, new Span((span === null ? 0 : span.start) + part.start, part.length, lease.turn));
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
      value = field.get.call(view);
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
