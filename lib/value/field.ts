import { invalidType, invalidValue } from '../errors.ts';
import type { Lease } from '../lease/lease.ts';
import type { Span } from '../lease/sink.ts';
import { objectFreeze, weakSetAdd, weakSetHas } from '../primordials.ts';
import type { Writer } from '../writer.ts';
import type { Path } from './path.ts';

/**
 * The type of a struct's field, or of a list's elements. `In` is what is taken, `View` what the getter gives, `Plain` what
 * `toObject` gives; `Optional` whether it may be left out. Made by `t`.
 */
export interface FieldType<In, View, Plain, Optional extends boolean = boolean> {
  /** What the schema remembers of it, as JSON. */
  readonly description: FieldDescription;
  /** What it takes of the fixed part, in bytes. */
  readonly size: number;
  readonly optional: Optional;
  /** How many lists and structs it goes down. */
  readonly depth: number;
  readonly getter: (end: number) => (this: never) => View;
  readonly element: ReadElement<View>;
  /**
   * Writes a value to the `size` bytes at `place` of the writer's bytes, and what is of variable size at its position.
   * `origin` is where the record or list begins. What it writes stands below the position when user code runs; and
   * the writer's bytes may be others afterwards.
   */
  readonly write: (
    writer: Writer,
    origin: number,
    place: number,
    value: unknown,
    path: Path,
    step: string | number,
  ) => void;
  /** What `toObject` and `toJSON` show of a View. */
  readonly plain: (view: unknown) => unknown;
  readonly json: (view: unknown) => unknown;
  /** The type of an optional field of this type; absent if this is one. */
  readonly orAbsent?: () => FieldType<In, View | undefined, Plain, true>;
  /** For the compiler only. */
  readonly types?: { in: In; plain: Plain };
}

/**
 * Reads what stands at index `place` of the bytes of a list (`bytesOf(lease, at)`, the list being `span` of the lease's
 * bytes). `partsFrom` is where the list's variable part begins, counted from its start.
 */
type ReadElement<View> = (lease: Lease, at: number, span: Span | null, place: number, partsFrom: number) => View;

export type FieldDescription =
  | string
  | { readonly optional: FieldDescription }
  | { readonly list: FieldDescription }
  | StructDescription;

/** What the database remembers of a struct: names and types in order. */
export interface StructDescription {
  readonly struct: readonly (readonly [name: string, type: FieldDescription])[];
}

export type AnyFieldType = FieldType<unknown, unknown, unknown>;

/** How deep lists and structs can be nested: whatever reads or writes them calls itself. */
export const DEEPEST = 64;

const known = new WeakSet<object>();

/** Whether `value` was made by `t`. */
export function isFieldType(value: unknown): value is AnyFieldType {
  return typeof value === 'object' && value !== null && weakSetHas(known, value);
}

/** `value`, if it was made by `t`. `ERR_INVALID_ARG_TYPE`. */
export function checkFieldType(value: unknown, what: string): AnyFieldType {
  if (!isFieldType(value)) throw invalidType(what, 'one that t makes', value);
  return value;
}

/** Marks a type as made by `t`: only those are called with a lease. `ERR_INVALID_ARG_VALUE` if it is too deep. */
export function fieldType<T extends AnyFieldType>(type: T): T {
  if (type.depth > DEEPEST) throw invalidValue(`lists and structs can be nested ${DEEPEST} deep, not deeper`);
  weakSetAdd(known, type);
  return objectFreeze(type);
}
