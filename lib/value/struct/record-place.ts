import { SHORT, shortAscii } from '../../base/ascii.ts';
import { invalidType } from '../../base/errors.ts';
import { keepHiddenClass } from '../../base/hidden-class.ts';
import { type Lease, NO_LEASE } from '../../lease/lease.ts';
import { keepAlone, mustMove, ONLY_VALUE, type Place, type Span } from '../../lease/sink.ts';
import { ASCII_BIT, fixedEndOf, hasField, readU32 } from './record.ts';
import { readTextPart } from './record-field.ts';

interface Access {
  /** The RecordPlace of a view; `ERR_INVALID_ARG_TYPE` for anything but a view. A Proxy of a view may run user code. */
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
let lease: (record: RecordPlace) => Lease;
let at: (record: RecordPlace) => number;
let span: (record: RecordPlace) => Span | null;
let find: (record: RecordPlace, end: number, size: number) => number;
let values: (record: RecordPlace) => Uint8Array;
let text: (record: RecordPlace, place: number) => string | undefined;

/** The property of a view that has its place. It is a symbol, since fields may have any name. */
export const PLACE: unique symbol = Symbol('place');

/** A view, as the getters of its fields see it. */
export interface Placed {
  readonly [PLACE]: RecordPlace;
}

/**
 * The place through which a view reads. A program can find it, and give it to another object or view. But it has no
 * property that leads to the lease, and every read through it, also by a getter of another schema, stays within the record.
 *
 * These are not private fields of the view itself. Private fields of a class that extends another cost 11 ns a view on Node 20, and this
 * costs 3. After views of eight schemas they cost 45 ns, and this 13, since it is one class for all schemas.
 * The class has no private method, for which V8 would add a hidden field to each object.
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
    lease = (record) => record.#lease;
    at = (record) => record.#at;
    span = (record) => record.#span;
    find = (record, end, size) => {
      const lease = record.#lease;
      const row = lease.base + record.#at;
      const start = lease.table[row] as number;
      const length = lease.table[row + 1] as number;
      return record.#span === null && end <= length && hasField(lease.values, start, length, end)
        ? start + end - size
        : -1;
    };
    values = (record) => record.#lease.values;
    text = (record, place) => {
      const lease = record.#lease;
      const bytes = lease.values;
      const row = lease.base + record.#at;
      const start = lease.table[row] as number;
      const offset = readU32(bytes, place);
      const size = readU32(bytes, place + 4) - ASCII_BIT;
      const partsFrom = fixedEndOf(bytes, start);
      return size >= 0 && size <= SHORT && offset >= partsFrom && offset + size <= (lease.table[row + 1] as number)
        ? (shortAscii(bytes, start + offset, size) ?? readTextPart(lease, record.#at, null, place, partsFrom))
        : readTextPart(lease, record.#at, null, place, partsFrom);
    };

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
  }
}

keepHiddenClass(new RecordPlace(NO_LEASE, 0, null));

export const recordAccess: Access = access;

/** The parts of a record's place, for the getters of fields. They throw a TypeError for anything but a RecordPlace. */
export const leaseOf: (record: RecordPlace) => Lease = lease;
export const atOf: (record: RecordPlace) => number = at;
export const spanOf: (record: RecordPlace) => Span | null = span;

/*
 * What the getters of scalars and texts call in a hot loop. They stand here and not with those that take the parts: each
 * call more costs a getter 5 ns where views of eight schemas have passed.
 */

/**
 * The index, among `valuesOf`, of a field of `size` bytes, whose end is `end` bytes after the record's start. Negative if
 * the record is a part of another one, or has no such field, or is none: `locate` tells which.
 */
export const findField: (record: RecordPlace, end: number, size: number) => number = find;
/** The bytes that a value stands in. */
export const valuesOf: (record: RecordPlace) => Uint8Array = values;
/** The text whose field stands at `place`, where `findField` has found it. */
export const textAt: (record: RecordPlace, place: number) => string | undefined = text;
