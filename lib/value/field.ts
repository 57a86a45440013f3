import { invalidType } from '../errors.ts';
import { objectFreeze, weakMapGet, weakMapSet } from '../primordials.ts';
import { FieldCoder, type FieldCoding } from './field-coder.ts';

/**
 * The type of a struct's field, or of a list's elements. `In` is what is taken, `View` what the getter gives, `Plain` what
 * `toObject` gives; `Optional` whether it may be left out. Made by `t`.
 */
export interface FieldType<In, View, Plain, Optional extends boolean = boolean> {
  /** What the schema remembers of it, as JSON. */
  readonly description: FieldDescription;
  readonly optional: Optional;
  /** For the compiler only. */
  readonly types?: { in: In; view: View; plain: Plain };
}

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

/** How each type that `t` made is read and written. */
const coders = new WeakMap<object, FieldCoder>();

/** A type for users to name. `ERR_INVALID_ARG_VALUE` if it is too deep. */
export function fieldType<In, View, Plain, Optional extends boolean>(
  coding: FieldCoding<View> & { readonly optional: Optional },
): FieldType<In, View, Plain, Optional> {
  const coder = new FieldCoder<View>(coding);
  const type = objectFreeze({ description: coder.description, optional: coding.optional });
  weakMapSet(coders, type, coder);
  return type;
}

/** Whether `value` was made by `t`. */
export function isFieldType(value: unknown): value is AnyFieldType {
  return typeof value === 'object' && value !== null && weakMapGet(coders, value) !== undefined;
}

/** How the values of a type are read and written. `ERR_INVALID_ARG_TYPE` for what was not made by `t`. */
export function coderOf<View>(value: FieldType<unknown, View, unknown>, what: string): FieldCoder<View> {
  const coder = typeof value === 'object' && value !== null ? weakMapGet(coders, value) : undefined;
  if (coder === undefined) throw invalidType(what, 'one that t makes', value);
  return coder as FieldCoder<View>;
}
