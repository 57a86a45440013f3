import { checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, outOfRange } from '../base/errors.ts';
import { append, PrimordialUint32Array } from '../base/primordials.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { ON_ELEMENT, ON_FIELD, ON_NUMBERS } from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { JoinKind } from '../value/join-form.ts';
import type { Field } from '../value/struct/schema.ts';
import { fieldsOf } from '../value/struct/struct.ts';

/** One of the values that a side is joined on. */
export interface OnPart {
  readonly kind: JoinKind;
  /** Its name in errors. */
  readonly label: string;
  /** Where native code finds the value in an entry: five numbers of `joinOpen`'s plan. */
  readonly numbers: readonly [source: number, element: number, type: number, optional: number, end: number];
  /** The struct field, if the value is one. */
  readonly field?: Field;
}

/** Reads the option `on`, which errors call `name`. Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`. */
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

function wholeKey({ title, key: { join } }: OpenCollection): OnPart {
  return { kind: join.kind, label: `the key of ${title}`, numbers: [join.number, 0, 0, 0, 0] };
}

function element(index: unknown, { title, key }: OpenCollection, name: string): OnPart {
  if (typeof index !== 'number') throw invalidType(`${name}.key`, 'the number of an element', index);
  if (!Number.isInteger(index) || index < 0 || index > MOST_KEY_BYTES) {
    throw outOfRange(`${name}.key`, `the number of an element, from 0 to ${MOST_KEY_BYTES}`, index);
  }
  if (key.skipElement === undefined) {
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

function fieldPart(field: Field, title: string, name: string): OnPart {
  const { name: fieldName, type, end } = field;
  const { join, optional } = type;
  if (join === undefined) {
    throw invalidValue(
      `${name}.field: '${fieldName}' of ${title} is neither a scalar nor a string nor bytes (${JSON.stringify(type.description)})`,
    );
  }
  return {
    kind: join.kind,
    label: `field '${fieldName}' of ${title}`,
    numbers: [ON_FIELD, 0, join.number, optional ? 1 : 0, end],
    field,
  };
}

/** Throws `ERR_INVALID_ARG_VALUE` if the values of the two sides can never be equal. */
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

function canBeElement(kind: JoinKind): boolean {
  return kind !== 'date' && kind !== 'whole tuple key';
}

/** The arguments `plan` and `labels` of `joinOpen`. */
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
