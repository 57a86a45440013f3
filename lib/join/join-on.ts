import { checkOptionNames, invalidType, invalidValue, outOfRange } from '../base/errors.ts';
import { append, PrimordialUint32Array } from '../base/primordials.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import {
  FIELD_BOOL,
  FIELD_BYTES,
  FIELD_DATE,
  FIELD_F32,
  FIELD_F64,
  FIELD_I8,
  FIELD_I16,
  FIELD_I32,
  FIELD_I64,
  FIELD_U8,
  FIELD_U16,
  FIELD_U32,
  FIELD_U64,
  FIELD_UTF8,
  ON_ELEMENT,
  ON_FIELD,
  ON_KEY_BYTES,
  ON_KEY_NUMBER,
  ON_KEY_TEXT,
  ON_KEY_TUPLE,
  ON_NUMBERS,
} from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { FieldDescription } from '../value/struct/field-description.ts';
import type { Field } from '../value/struct/schema.ts';
import { fieldsOf } from '../value/struct/struct.ts';

/** The types of fields that can be joined on, by what native code calls them. */
const FIELD_TYPES: Readonly<Record<string, number | undefined>> = {
  __proto__: null as never,
  u8: FIELD_U8,
  u16: FIELD_U16,
  u32: FIELD_U32,
  i8: FIELD_I8,
  i16: FIELD_I16,
  i32: FIELD_I32,
  f32: FIELD_F32,
  f64: FIELD_F64,
  bool: FIELD_BOOL,
  u64: FIELD_U64,
  i64: FIELD_I64,
  date: FIELD_DATE,
  utf8: FIELD_UTF8,
  bytes: FIELD_BYTES,
};

/** What values of a part are; an element of a tuple is any of them, but no date and no whole key. */
type Kind = 'number' | 'string' | 'bytes' | 'boolean' | 'date' | 'whole tuple key' | 'element';

/** One join value of a side. */
export interface OnPart {
  readonly kind: Kind;
  /** How errors name it. */
  readonly label: string;
  /** Where it stands: as `joinOpen` takes it. */
  readonly numbers: readonly [source: number, element: number, type: number, optional: number, end: number];
}

/** The parts of `on`. `name` is how errors name it. Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function readOn(on: unknown, collection: OpenCollection, name: string): readonly OnPart[] {
  if (!Array.isArray(on)) return [readPart(on, collection, name)];
  const { length } = on;
  if (length === 0) throw invalidValue(`${name} is empty: name at least one value to join on`);
  const parts: OnPart[] = [];
  for (let i = 0; i < length; i++) append(parts, readPart(on[i], collection, `${name}[${i}]`));
  return parts;
}

function readPart(on: unknown, collection: OpenCollection, name: string): OnPart {
  if (on === 'key') return wholeKey(collection);
  if (typeof on === 'string') {
    throw invalidValue(
      `${name} must be 'key', { key: index } or { field: name }, not '${on}'; is { field: '${on}' } meant?`,
    );
  }
  if (typeof on !== 'object' || on === null || Array.isArray(on)) {
    throw invalidType(name, "'key', { key: index } or { field: name }", on);
  }
  checkOptionNames(on, ['key', 'field'], name);
  const { key, field } = on as { key?: unknown; field?: unknown };
  if ((key === undefined) === (field === undefined)) throw invalidValue(`${name} must have either key or field`);
  return key !== undefined ? element(key, collection, name) : structField(field, collection, name);
}

function wholeKey({ title, key }: OpenCollection): OnPart {
  const label = `the key of ${title}`;
  switch (key.name) {
    case 'uint32':
      return { kind: 'number', label, numbers: [ON_KEY_NUMBER, 0, 0, 0, 0] };
    case 'utf8':
      return { kind: 'string', label, numbers: [ON_KEY_TEXT, 0, 0, 0, 0] };
    case 'bytes':
      return { kind: 'bytes', label, numbers: [ON_KEY_BYTES, 0, 0, 0, 0] };
    default:
      return { kind: 'whole tuple key', label, numbers: [ON_KEY_TUPLE, 0, 0, 0, 0] };
  }
}

function element(index: unknown, { title, key }: OpenCollection, name: string): OnPart {
  if (typeof index !== 'number') throw invalidType(`${name}.key`, 'the number of an element', index);
  if (!Number.isInteger(index) || index < 0 || index > MOST_KEY_BYTES) {
    throw outOfRange(`${name}.key`, `the number of an element, from 0 to ${MOST_KEY_BYTES}`, index);
  }
  if (key.name !== 'tuple') {
    throw invalidValue(`${name}.key: the keys of ${title} are ${key.name}, and have no elements; use 'key'`);
  }
  return {
    kind: 'element',
    label: `element ${index} of the key of ${title}`,
    numbers: [ON_ELEMENT, index, 0, 0, 0],
  };
}

function structField(field: unknown, { title, value }: OpenCollection, name: string): OnPart {
  if (typeof field !== 'string') throw invalidType(`${name}.field`, 'the name of a field', field);
  const fields = fieldsOf(value);
  if (fields === undefined) {
    throw invalidValue(`${name}.field: the values of ${title} are ${value.name}, not a struct`);
  }
  for (let i = 0; i < fields.length; i++) {
    const found = fields[i] as Field;
    if (found.name === field) return fieldPart(found, title, name);
  }
  throw invalidValue(`${name}.field: the struct of ${title} has no field '${field}'`);
}

function fieldPart({ name: field, type, end }: Field, title: string, name: string): OnPart {
  const { optional } = type;
  const given = type.description;
  const description: FieldDescription = typeof given === 'object' && 'optional' in given ? given.optional : given;
  const number = typeof description === 'string' ? FIELD_TYPES[description] : undefined;
  if (number === undefined) {
    throw invalidValue(
      `${name}.field: '${field}' of ${title} is neither a scalar nor a string nor bytes (${JSON.stringify(given)})`,
    );
  }
  return {
    kind: kindOf(description as string),
    label: `field '${field}' of ${title}`,
    numbers: [ON_FIELD, 0, number, optional ? 1 : 0, end],
  };
}

function kindOf(type: string): Kind {
  switch (type) {
    case 'utf8':
      return 'string';
    case 'bytes':
      return 'bytes';
    case 'bool':
      return 'boolean';
    case 'date':
      return 'date';
    default:
      return 'number';
  }
}

/** Throws `ERR_INVALID_ARG_VALUE` unless values of the two sides can be equal. */
export function checkPairs(build: readonly OnPart[], probe: readonly OnPart[]): void {
  if (build.length !== probe.length) {
    throw invalidValue(`build.on names ${build.length} values and probe.on ${probe.length}: they must be as many`);
  }
  for (let i = 0; i < build.length; i++) {
    const a = build[i] as OnPart;
    const b = probe[i] as OnPart;
    if (
      a.kind === b.kind ||
      (canBeElement(a.kind) && canBeElement(b.kind) && (a.kind === 'element' || b.kind === 'element'))
    ) {
      continue;
    }
    throw invalidValue(`${a.label} (${a.kind}) and ${b.label} (${b.kind}) can never be equal: join values of one type`);
  }
}

function canBeElement(kind: Kind): boolean {
  return kind !== 'date' && kind !== 'whole tuple key';
}

/** The plan and the labels that `joinOpen` takes. */
export function planOf(build: readonly OnPart[], probe: readonly OnPart[]): { plan: Uint32Array; labels: string } {
  const count = build.length;
  const plan = new PrimordialUint32Array(2 * count * ON_NUMBERS);
  let labels = '';
  for (let i = 0; i < 2 * count; i++) {
    const part = (i < count ? build[i] : probe[i - count]) as OnPart;
    for (let k = 0; k < ON_NUMBERS; k++) plan[i * ON_NUMBERS + k] = part.numbers[k] as number;
    labels += `${i === 0 ? '' : '\0'}${part.label}`;
  }
  return { plan, labels };
}
