import { invalidType, invalidValue } from '../../base/errors.ts';
import { freezeClass, objectFreeze } from '../../base/primordials.ts';
import type { Writer } from '../../base/writer.ts';
import type { Lease } from '../../lease/lease.ts';
import type { Span } from '../../lease/sink.ts';
import type { JoinForm } from '../join-form.ts';
import type { FieldDescription, FieldType } from './field-description.ts';
import type { FieldForm } from './field-form.ts';
import type { FieldText } from './field-text.ts';
import type { Path } from './path.ts';

/** How deep lists and structs can be nested. The bound exists since reading and writing them is recursive. */
export const DEEPEST = 64;

/** Everything about a type, from which its FieldCoder is made. */
export interface FieldCoding<View> {
  /** What the schema remembers of the type, as JSON. */
  readonly description: FieldDescription;
  /** Its size in the fixed part, in bytes. */
  readonly size: number;
  readonly optional: boolean;
  /** How many lists and structs are nested in it. */
  readonly depth: number;
  /** Makes the getter of a field that ends `end` bytes after the record's start. */
  readonly getter: (end: number) => (this: never) => View;
  readonly element: ReadElement<View>;
  readonly write: WriteField;
  /** What `toObject` and `toJSON` make of a View. */
  readonly plain: (view: unknown) => unknown;
  readonly json: (view: unknown) => unknown;
  /** How native code joins on it; undefined if it cannot. */
  readonly join: JoinForm | undefined;
  /** Its form in files. */
  readonly text: FieldText;
  /** Undefined if its values are written by `write` alone. */
  readonly form: FieldForm | undefined;
  /** The type of an optional field of this type; undefined if this type is optional already. */
  readonly orAbsent: (() => FieldType<unknown, View | undefined, unknown, true>) | undefined;
}

/**
 * Reads what stands at index `place` of the bytes of a list (`bytesOf(lease, at)`, the list being `span` of the lease's
 * bytes). `partsFrom` is where the list's variable part begins, counted from its start.
 */
type ReadElement<View> = (lease: Lease, at: number, span: Span | null, place: number, partsFrom: number) => View;

/**
 * Writes a value to the `size` bytes at `place` of the writer's bytes, and what is of variable size at its position.
 * `origin` is where the record or list begins. What it writes stands below the position when user code runs; and the
 * writer's bytes may be others afterwards.
 */
export type WriteField = (
  writer: Writer,
  origin: number,
  place: number,
  value: unknown,
  path: Path,
  step: string | number,
) => void;

/**
 * How the values of a field's type are laid out, written and read. It is never given to a user, who has a FieldType in its
 * place: its functions are called with leases, and read any place that they are given.
 */
export class FieldCoder<out View = unknown> implements FieldCoding<View> {
  readonly description: FieldDescription;
  readonly size: number;
  readonly optional: boolean;
  readonly depth: number;
  readonly getter: (end: number) => (this: never) => View;
  readonly element: ReadElement<View>;
  readonly write: WriteField;
  readonly plain: (view: unknown) => unknown;
  readonly json: (view: unknown) => unknown;
  readonly join: JoinForm | undefined;
  readonly text: FieldText;
  readonly form: FieldForm | undefined;
  readonly orAbsent: (() => FieldType<unknown, View | undefined, unknown, true>) | undefined;
  /** A private field, which no object of a program can have. */
  #genuine: undefined;

  /** `ERR_INVALID_ARG_VALUE` if the type is too deep. */
  constructor(coding: FieldCoding<View>) {
    if (coding.depth > DEEPEST) throw invalidValue(`lists and structs can be nested ${DEEPEST} deep, not deeper`);
    this.description = objectFreeze(coding.description);
    this.size = coding.size;
    this.optional = coding.optional;
    this.depth = coding.depth;
    this.getter = coding.getter;
    this.element = coding.element;
    this.write = coding.write;
    this.plain = coding.plain;
    this.json = coding.json;
    this.join = coding.join;
    this.text = coding.text;
    this.form = coding.form;
    this.orAbsent = coding.orAbsent;
  }

  /** For constructors that a program can find: throws `ERR_INVALID_ARG_TYPE` for anything but a FieldCoder. */
  static check(value: FieldCoder): FieldCoder {
    if (typeof value === 'object' && value !== null && #genuine in value) return value;
    throw invalidType('type', 'what a struct passes', value);
  }
}

freezeClass(FieldCoder);
