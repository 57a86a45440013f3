import { invalidType } from '../../base/errors.ts';
import { objectFreeze, weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { FieldCoder, type FieldCoding } from './field-coder.ts';
import type { AnyFieldType, FieldType } from './field-description.ts';

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
