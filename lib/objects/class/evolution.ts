import { LeaseholdError } from '../../base/errors.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import { ONLY_VALUE } from '../../lease/sink.ts';
import type { Definition, FieldDefinition, StoredClass, StructRecordView } from '../model.ts';
import { copyIn, decodeField, NO_REFERENCES, UnsharedPlain } from '../record/plain.ts';
import { takeField } from './fields.ts';

/** The property of such a record that has the stored one. */
export const ORIGINAL: unique symbol = Symbol('original');

/**
 * A record that was stored with other fields, with those of the class that the program has: by name, by earlier names, or as
 * `upgrade` makes them. `ERR_CODEC` for a field whose type has changed, if there is no `upgrade`.
 */
export function evolved(stored: StoredClass, record: StructRecordView): StructRecordView {
  const { fields, options } = stored.definition;
  const made: Record<PropertyKey, unknown> = Object.create(null);
  made[ORIGINAL] = record;
  const given = options.upgrade === undefined ? undefined : options.upgrade(storedFields(stored, record));
  for (const field of fields) {
    const own = given?.[field.name];
    made[field.name] = own !== undefined ? takeUpgraded(stored.definition, field, own) : byName(stored, record, field);
  }
  return made as StructRecordView;
}

function byName(stored: StoredClass, record: StructRecordView, field: FieldDefinition): unknown {
  const { options, name } = stored.definition;
  for (const old of [field.name, ...(options.renamed?.[field.name] ?? [])]) {
    const there = stored.fields.find((each) => each.name === old);
    if (there === undefined) continue;
    if (there.kind === field.kind && isSameType(there.description, field.type.description)) {
      const value = record[old];
      // A program for which the field is optional may have left it out.
      if (value !== undefined || field.isOptional) return value;
      break;
    }
    throw new LeaseholdError(
      'ERR_CODEC',
      `the field '${old}' of '${name}' was stored as ${JSON.stringify(there.description)} and is ${JSON.stringify(field.type.description)} ` +
        'here: give the class an `upgrade` that makes the new value of the old one',
    );
  }
  const initial = options.defaults?.[field.name];
  return initial === undefined ? zeroOf(stored.definition, field) : takeUpgraded(stored.definition, field, initial);
}

/** A type that has become optional, or is no longer. */
function isSameType(a: unknown, b: unknown): boolean {
  return JSON.stringify(required(a)) === JSON.stringify(required(b));
}

function required(description: unknown): unknown {
  return typeof description === 'object' && description !== null && 'optional' in description
    ? description.optional
    : description;
}

/** What `upgrade` has made, checked. References are ids, and values with objects in them are UnsharedPlain: `upgrade` can only hand them on. */
function takeUpgraded(definition: Definition, field: FieldDefinition, value: unknown): unknown {
  if (field.kind === 'plain') {
    return value instanceof UnsharedPlain ? value : copyIn(value, `${definition.name}.${field.name}`);
  }
  return field.kind === 'reference' ? value : takeField(definition, field.index, value);
}

/** What `upgrade` gets: values, the ids of references, and an UnsharedPlain for a plain value with objects in it. */
function storedFields(stored: StoredClass, record: StructRecordView): { readonly [field: string]: unknown } {
  const plain: Record<string, unknown> = {};
  for (const { name, kind } of stored.fields) {
    const value = record[name];
    if (value === undefined) continue;
    Object.defineProperty(plain, name, {
      value: kind === 'plain' ? readAlone(decodeField(value)) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return plain;
}

function readAlone(value: unknown): unknown {
  return value instanceof UnsharedPlain && value.ids.length === 0 ? value.read(NO_REFERENCES) : value;
}

/** What a record has in a field that it was written without: '', 0, an empty list, … */
function zeroOf(definition: Definition, field: FieldDefinition): unknown {
  const empty = Lease.private(NO_VIEWS, new Uint8Array(EMPTY_RECORD), 0);
  return (definition.codec.view(empty, ONLY_VALUE) as unknown as StructRecordView)[field.name];
}

/** A struct record without fields: see value/struct/record.ts. */
const EMPTY_RECORD = [1, 0, 0, 0];
