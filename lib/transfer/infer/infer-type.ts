import { invalidValue } from '../../base/errors.ts';
import { isWritten } from '../../base/number-text.ts';
import type { FieldDescription } from '../../value/struct/field-description.ts';

/** The type of what has been absent so far, or of the elements of empty lists: any other type joins with it. */
export const UNKNOWN: FieldDescription = 'unknown';

/** The type of a value of JSON. `ERR_INVALID_ARG_VALUE`, naming the place, for a list of several types. */
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

/** The type of a field of CSV: '007', '1.50' and '1e3' are texts, since a number would not come back as what stands there. */
export function typeOfText(text: string): FieldDescription {
  if (text === '') return UNKNOWN;
  if (text === 'true' || text === 'false') return 'bool';
  return isWritten(text) ? 'f64' : 'utf8';
}

/** The type of what is of either. `ERR_INVALID_ARG_VALUE` if there is none: `path` names the field, `seen` says where `a` was. */
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

/** What is unknown to the end is taken for a text. */
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
