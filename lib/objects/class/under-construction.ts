import { types } from 'node:util';
import { invalidType } from '../../base/errors.ts';
import { weakSetAdd, weakSetHas } from '../../base/primordials.ts';
import { handleOf } from '../handle.ts';

const { isProxy } = types;
const { getPrototypeOf } = Object;

/** The prototypes that have the accessors of fields. */
const prototypes = new WeakSet<object>();

export function addPersistentPrototype(prototype: object): void {
  weakSetAdd(prototypes, prototype);
}

export function isPersistentPrototype(object: object): boolean {
  return weakSetHas(prototypes, object);
}

/**
 * Throws `ERR_INVALID_ARG_TYPE` unless an object, which has no handle, is an instance whose constructor is running. Otherwise a field was asked for
 * with a wrong `this`: a Proxy of a persistent object, an object that inherits from one, or anything else.
 */
export function checkUnderConstruction(object: unknown, name: string): void {
  if (!isUnderConstruction(object)) {
    throw invalidType(
      `the object of which '${name}' is used`,
      'a persistent object itself, no Proxy of it, and nothing that inherits from it',
      object,
    );
  }
}

function isUnderConstruction(object: unknown): boolean {
  if (typeof object !== 'object' || object === null || isProxy(object) || isPersistentPrototype(object)) return false;
  for (let each: unknown = getPrototypeOf(object); typeof each === 'object' && each !== null; ) {
    if (isProxy(each) || handleOf(each) !== undefined) return false;
    if (isPersistentPrototype(each)) return true;
    each = getPrototypeOf(each);
  }
  return false;
}
