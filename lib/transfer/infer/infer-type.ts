import { invalidValue } from '../../base/errors.ts';
import { isWritten } from '../../base/number-text.ts';
import type { FieldDescription } from '../../value/struct/field-description.ts';

/** The type of a field that no record has had yet, or of the elements of empty lists. Joined with any other type, it gives that type. */
export const UNKNOWN: FieldDescription = 'unknown';

/** The type of a JSON value. `ERR_INVALID_ARG_VALUE`, with the path, for a list whose elements have several types. */
export function typeOfJson(value: unknown, path: string): FieldDescription {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'f64';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'utf8';
    default:
  }
  if (value === null || value === undefined) return UNKNOWN;
  if (!Array.isArray(value)) {
    return {
      struct: Object.entries(value).map(([name, part]) => [name, { optional: typeOfJson(part, `${path}.${name}`) }]),
    };
  }
  let type = UNKNOWN;
  for (const item of value) type = joinTypes(type, typeOfJson(item, `${path}[]`), `${path}[]`, 'before');
  return { list: value.includes(null) ? { optional: type } : type };
}

/** The type of a CSV field. '007', '1.50' and '1e3' are text: stored as numbers, they would be exported as other digits. */
export function typeOfText(text: string): FieldDescription {
  if (text === '') return UNKNOWN;
  if (text === 'true' || text === 'false') return 'bool';
  return isWritten(text) ? 'f64' : 'utf8';
}

/** The type for values of both types. `ERR_INVALID_ARG_VALUE` if there is none; it names the field (`path`) and says where `a` was (`seen`). */
export function joinTypes(a: FieldDescription, b: FieldDescription, path: string, seen: string): FieldDescription {
  if (a === UNKNOWN || a === b) return b;
  if (b === UNKNOWN) return a;
  if (typeof a === 'object' && typeof b === 'object') {
    if ('optional' in a || 'optional' in b) {
      return { optional: joinTypes('optional' in a ? a.optional : a, 'optional' in b ? b.optional : b, path, seen) };
    }
    if ('list' in a && 'list' in b) return { list: joinTypes(a.list, b.list, `${path}[]`, 'before') };
    if ('struct' in a && 'struct' in b) {
      const fields = new Map(a.struct);
      for (const [name, type] of b.struct) {
        fields.set(name, joinTypes(fields.get(name) ?? UNKNOWN, type, `${path}.${name}`, 'before'));
      }
      return { struct: [...fields] };
    }
  } else if (typeof a === 'object' && 'optional' in a) {
    return { optional: joinTypes(a.optional, b, path, seen) };
  } else if (typeof b === 'object' && 'optional' in b) {
    return { optional: joinTypes(a, b.optional, path, seen) };
  }
  throw invalidValue(`${path} is ${show(b)} here, and ${show(a)} ${seen}: give a schema`);
}

/** Replaces UNKNOWN by text, for a field of which no record has shown the type. */
export function knownType(type: FieldDescription): FieldDescription {
  if (type === UNKNOWN) return 'utf8';
  if (typeof type === 'string') return type;
  if ('optional' in type) return { optional: knownType(type.optional) };
  if ('list' in type) return { list: knownType(type.list) };
  return { struct: type.struct.map(([name, part]) => [name, knownType(part)]) };
}

function show(type: FieldDescription): string {
  if (type === 'f64') return 'a number';
  if (type === 'bool') return 'true or false';
  if (type === 'utf8') return 'a string';
  return typeof type === 'object' && 'list' in type ? 'an array' : 'an object';
}
