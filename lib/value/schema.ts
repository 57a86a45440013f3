import { invalidType, invalidValue, LeaseholdError } from '../errors.ts';
import { append, objectFreeze } from '../primordials.ts';
import { type FieldDescription, type FieldType, isFieldType } from './field-type.ts';
import { HEADER_SIZE, LARGEST_FIXED_PART } from './record.ts';

/** A field and where it stands. */
export interface Field {
  readonly name: string;
  /** How errors name it. */
  readonly path: string;
  readonly type: FieldType<unknown, unknown, unknown>;
  /** Where it ends, in bytes after the record's start. */
  readonly end: number;
}

/** What the database remembers of a struct: names and types in order. */
export interface StructDescription {
  readonly struct: readonly (readonly [name: string, type: FieldDescription])[];
}

/** Lays the fields out in the order in which they are given. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function layOut(given: object): readonly Field[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidType('the fields of a struct', 'an object of types', given);
  }
  const fields: Field[] = [];
  let end = HEADER_SIZE;
  for (const name of Object.keys(given)) {
    const type: unknown = (given as Record<string, unknown>)[name];
    if (!isFieldType(type)) throw invalidType(`the type of field '${name}'`, 'one that t makes', type);
    end += type.size;
    const path = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
      ? `value.${name}`
      : `value[${JSON.stringify(name)}]`;
    // Its writer is handed the library's own: nobody may put another in its place.
    append(fields, objectFreeze({ name, path, type, end }));
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
    append(struct, [name, type.description]);
  }
  return { struct };
}

/** The first 64 bits, in hexadecimal, of the SHA-256 of a description. */
export function fingerprintOf(description: StructDescription): string {
  // Not imported at the top: loading it takes longer than half of this library.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 16);
}

/**
 * Throws `ERR_CODEC` unless each schema begins the other: records of the shorter one are read as the longer one's with
 * its last fields missing, and the other way round.
 */
export function checkCompatible(own: StructDescription, remembered: unknown): void {
  const stored = pairsOf(remembered);
  if (stored === undefined) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the values were written with the codec ${JSON.stringify(remembered)}, not with a struct`,
    );
  }
  const common = Math.min(stored.length, own.struct.length);
  for (let i = 0; i < common; i++) {
    const before = show(stored[i]);
    const now = show(own.struct[i]);
    if (before === now) continue;
    throw new LeaseholdError(
      'ERR_CODEC',
      `the schema does not fit the stored records: field ${i} is ${before} there and ${now} here. Fields can only be added at the end`,
    );
  }
}

function pairsOf(remembered: unknown): readonly unknown[] | undefined {
  if (typeof remembered !== 'object' || remembered === null || !('struct' in remembered)) return undefined;
  return Array.isArray(remembered.struct) ? remembered.struct : undefined;
}

function show(pair: unknown): string {
  if (!Array.isArray(pair)) return JSON.stringify(pair);
  return `'${pair[0]}': ${typeof pair[1] === 'string' ? pair[1] : JSON.stringify(pair[1])}`;
}
