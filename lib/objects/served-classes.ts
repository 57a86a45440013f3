import { checkObject } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { recall } from '../catalog/catalog.ts';
import { OBJECTS } from '../catalog/own-collections.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { rememberedStruct } from '../value/struct/struct.ts';
import type { ClassRow, ObjectClasses } from '../versions/engine/object-source.ts';
import { baseOf } from './base.ts';
import { checkClassName } from './class/definition.ts';
import { makeRoot } from './make-root.ts';

/*
 * The classes of an environment's objects, for those who open its store from elsewhere: see ObjectSource. Nothing is made of what a class is called and of its fields.
 */

const KINDS: readonly unknown[] = ['scalar', 'view', 'reference', 'plain'];
const MOST_FIELDS = 10_000;

/** Makes the store of objects if it is absent and `mayMake`. `ERR_NO_COLLECTION` if it stays absent. */
export function servedClasses(environment: Environment, mayMake: boolean): ObjectClasses['classes'] {
  const { state } = environmentParts(environment);
  if (!mayMake && readNewest(state, (transaction) => recall(transaction, OBJECTS)) === undefined) {
    throw new LeaseholdError('ERR_NO_COLLECTION', 'there is no store of objects here, and it may not be made', {
      path: environment.path,
    });
  }
  const base = baseOf(environment);
  makeRoot(base);
  return base.classes.rows();
}

/** The number of a class, which is added if it is absent. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_CODEC`, `ERR_READ_ONLY`. */
export function addServedClass(environment: Environment, given: unknown): number {
  const row = checkRow(given);
  const base = baseOf(environment);
  makeRoot(base);
  return base.classes.add(row);
}

function checkRow(given: unknown): ClassRow {
  checkObject(given, 'the class');
  const { name, fields } = given as { readonly name?: unknown; readonly fields?: unknown };
  checkClassName(name, 'the name of the class');
  if (!Array.isArray(fields)) throw invalidType('the fields of the class', 'an array', fields);
  if (fields.length > MOST_FIELDS) throw invalidValue(`a class has at most ${MOST_FIELDS} fields`);
  const checked = (fields as unknown[]).map((field) => {
    const [of, kind, description] = Array.isArray(field) ? (field as unknown[]) : [];
    if (typeof of !== 'string' || !KINDS.includes(kind))
      throw invalidValue('a field of the class has no name, or no kind');
    return [of, kind as string, description] as const;
  });
  const struct = { struct: checked.map(([of, , description]) => [of, description]) };
  if (rememberedStruct(struct) === undefined)
    throw invalidValue(`the fields of the class '${name}' are of types that this version does not know`);
  return { name, fields: checked };
}
