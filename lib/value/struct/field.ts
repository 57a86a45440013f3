import { invalidType } from '../../base/errors.ts';
import { objectFreeze, weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { inspectAsDescription } from '../description-text.ts';
import { FieldCoder, type FieldCoding } from './field-coder.ts';
import type { FieldType } from './field-description.ts';

/** The FieldCoder of each type that `t` has made. */
const coders = new WeakMap<object, FieldCoder>();

/** The type that users get for a FieldCoder. `ERR_INVALID_ARG_VALUE` if it is nested too deep. */
export function fieldType<In, View, Plain, Optional extends boolean>(
  coding: FieldCoding<View> & { readonly optional: Optional },
): FieldType<In, View, Plain, Optional> {
  const coder = new FieldCoder<View>(coding);
  const type = { description: coder.description, optional: coding.optional };
  inspectAsDescription(type, coder.description);
  objectFreeze(type);
  weakMapSet(coders, type, coder);
  return type;
}

/** The FieldCoder of a type. `ERR_INVALID_ARG_TYPE` for anything that `t` has not made. */
export function coderOf<View>(value: FieldType<unknown, View, unknown>, what: string): FieldCoder<View> {
  const coder = typeof value === 'object' && value !== null ? weakMapGet(coders, value) : undefined;
  if (coder === undefined) throw invalidType(what, 'one that t makes (t.utf8, t.u32, t.list(t.f64), …)', value);
  return coder as FieldCoder<View>;
}
