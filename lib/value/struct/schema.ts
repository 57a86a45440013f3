import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { sha256 } from '../../base/platform.ts';
import { append, objectFreeze } from '../../base/primordials.ts';
import { MARK } from '../../base/uncloneable.ts';
import { descriptionText, inspectAsDescription } from '../description-text.ts';
import { otherCodec } from '../own-codecs.ts';
import { coderOf } from './field.ts';
import type { FieldCoder } from './field-coder.ts';
import type { AnyFieldType, FieldDescription, StructDescription } from './field-description.ts';
import { HEADER_SIZE, LARGEST_FIXED_PART } from './record.ts';

/** A field and its place. */
export interface Field {
  readonly name: string;
  readonly type: FieldCoder;
  /** Where it ends, in bytes after the record's start. */
  readonly end: number;
}

/** The layout of fields, in the order in which they are given. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function layOut(given: object): readonly Field[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidType('the fields of a struct', 'an object of types', given);
  }
  const fields: Field[] = [];
  let end = HEADER_SIZE;
  for (const name of Object.keys(given)) {
    const type = coderOf((given as Record<string, AnyFieldType>)[name] as AnyFieldType, `the type of field '${name}'`);
    if (name === MARK) throw invalidValue(`'${MARK}' is the name of no field: it marks the library's own objects`);
    end += type.size;
    // Its writer is handed the library's own: nobody may put another in its place.
    append(fields, objectFreeze({ name, type, end }));
  }
  if (end - HEADER_SIZE > LARGEST_FIXED_PART) {
    throw invalidValue(
      `a struct of ${fields.length} fields needs ${end - HEADER_SIZE} bytes for its fixed part, at most ${LARGEST_FIXED_PART}`,
    );
  }
  return objectFreeze(fields);
}

export function describe(fields: readonly Field[]): StructDescription {
  const struct: [name: string, type: FieldDescription][] = [];
  for (let i = 0; i < fields.length; i++) {
    const { name, type } = fields[i] as Field;
    append(struct, objectFreeze([name, type.description] as [string, FieldDescription]));
  }
  const description = { struct: objectFreeze(struct) };
  inspectAsDescription(description, description);
  return objectFreeze(description);
}

/** The first 64 bits, in hexadecimal, of the SHA-256 of a description. */
export function fingerprintOf(description: StructDescription): string {
  return sha256(JSON.stringify(description)).slice(0, 16);
}

/** How deep the types of the fields go. */
export function depthOf(fields: readonly Field[]): number {
  let depth = 0;
  for (let i = 0; i < fields.length; i++) {
    const { type } = fields[i] as Field;
    if (type.depth > depth) depth = type.depth;
  }
  return depth;
}

/**
 * Throws `ERR_CODEC`, which names the field, unless the fields of one struct are the first fields of the other (in nested structs too).
 * Records of the shorter struct are read as records of the longer one whose last fields are missing, and the other way round. Returns the
 * schema of all fields that either struct has.
 */
export function mergeSchemas(own: StructDescription, remembered: unknown): StructDescription {
  const merged = mergeTypes(remembered, own, '');
  if (merged === undefined) throw otherCodec(remembered, own);
  return merged as StructDescription;
}

/** Undefined if they are different types. */
function mergeTypes(before: unknown, now: FieldDescription, path: string): FieldDescription | undefined {
  if (typeof now === 'string' || typeof before !== 'object' || before === null) {
    return before === now ? now : undefined;
  }
  if ('struct' in now) {
    return 'struct' in before && Array.isArray(before.struct)
      ? mergeStructs(before.struct, now.struct, path)
      : undefined;
  }
  if ('list' in now) {
    const list = 'list' in before ? mergeTypes(before.list, now.list, `${path}[]`) : undefined;
    return list === undefined ? undefined : { list };
  }
  const optional = 'optional' in before ? mergeTypes(before.optional, now.optional, path) : undefined;
  return optional === undefined ? undefined : { optional };
}

function mergeStructs(before: readonly unknown[], now: StructDescription['struct'], path: string): StructDescription {
  const merged: [string, FieldDescription][] = [];
  for (let i = 0; i < before.length || i < now.length; i++) {
    const old = before[i];
    const own = now[i];
    if (old === undefined || own === undefined) {
      append(merged, (own ?? old) as [string, FieldDescription]);
      continue;
    }
    const inner = path === '' ? own[0] : `${path}.${own[0]}`;
    const type = Array.isArray(old) && old[0] === own[0] ? mergeTypes(old[1], own[1], inner) : undefined;
    if (type === undefined) throw otherField(old, own, i, path);
    append(merged, [own[0], type]);
  }
  return { struct: merged };
}

/**
 * The error for the first field that differs: `old` in the database and `own` here, both pairs of name and type. It is at `index` of the
 * whole struct, or of the struct at `path`.
 */
function otherField(
  old: unknown,
  own: readonly [string, FieldDescription],
  index: number,
  path: string,
): LeaseholdError {
  const [name, type] = Array.isArray(old) ? old : [undefined, old];
  const place = `field ${index + 1}${path === '' ? '' : ` of '${path}'`}`;
  const [there, here] = [descriptionText(type), descriptionText(own[1])];
  if (name === own[0]) {
    return new LeaseholdError(
      'ERR_CODEC',
      `the field '${name}' (${place}) is ${there} in the database and ${here} here`,
    );
  }
  return new LeaseholdError(
    'ERR_CODEC',
    `${place} is '${name}' (${there}) in the database and '${own[0]}' (${here}) here: add fields only at the end`,
  );
}
