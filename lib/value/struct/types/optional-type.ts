import { invalidType } from '../../../base/errors.ts';
import { coderOf } from '../field.ts';
import type { FieldType } from '../field-description.ts';
import { registerKind, typeOf } from '../known-types.ts';

/** The type of a field that may be left out. `ERR_INVALID_ARG_TYPE` for what is no type, or optional itself. */
export function optionalType<In, View, Plain>(
  type: FieldType<In, View, Plain, false>,
): FieldType<In, View | undefined, Plain, true> {
  const { orAbsent } = coderOf(type, 'the type of an optional field');
  if (orAbsent === undefined)
    throw invalidType('the type of an optional field', 'one that is not optional itself', type);
  return orAbsent() as FieldType<In, View | undefined, Plain, true>;
}

registerKind('optional', (inner, levels) => {
  const type = typeOf(inner, levels);
  if (type === undefined || type.optional) return undefined;
  return optionalType(type as FieldType<unknown, unknown, unknown, false>);
});
