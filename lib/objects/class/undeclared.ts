import { notPersistent, readOnlyState } from '../errors.ts';
import { definitionIn, handleOf } from '../handle.ts';
import type { Definition } from '../model.ts';
import { definitionOf, isOwnName } from './definition.ts';
import { isPersistentPrototype } from './under-construction.ts';

const { create, freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf, prototype: objectPrototype } = Object;
const { apply, set } = Reflect;

/** The object whose `onLoad()` is running: that may set any property. */
let loading: object | undefined;

/**
 * Stands in the place of Object.prototype behind the prototypes of persistent classes. An assignment gets here if the object has no such property and its class
 * no such field. It would be lost with the process, so it is refused. Reading and assigning fields, calling methods and making objects never get
 * here, so this costs them nothing; sealing each object with Object.preventExtensions would, and its error does not say what to do.
 */
const guard: object = new Proxy(freeze(create(objectPrototype)), {
  set(target, name, value, receiver) {
    if (receiver !== loading) {
      const handle = handleOf(receiver);
      const definition = handle === undefined ? constructed(receiver) : definitionIn(handle);
      if (definition !== undefined) throw undeclared(definition, name);
    }
    return set(target, name, value, receiver);
  },
});

/** The definition of an object whose constructor is running. */
function constructed(object: unknown): Definition | undefined {
  if (typeof object !== 'object' || object === null || isPersistentPrototype(object)) return undefined;
  const prototype: unknown = getPrototypeOf(object);
  if (typeof prototype !== 'object' || prototype === null || !isPersistentPrototype(prototype)) return undefined;
  return definitionOf(getOwnPropertyDescriptor(prototype, 'constructor')?.value);
}

function undeclared({ name: className, fields }: Definition, name: string | symbol): Error {
  const path = `${className}.${String(name)}`;
  if (isOwnName(className))
    return notPersistent(path, 'a property that is not stored: use the methods of the collection');
  const there = fields.map((field) => field.name).join(', ') || 'none';
  return notPersistent(
    path,
    `no field of the class, and would be lost: the class has ${there}. Add it to the fields to store it. What shall not be stored is declared in the ` +
      `body of the class, as '${String(name)} = undefined' or as a private field, or set in a method onLoad()`,
  );
}

/** Makes the assignment of an accessor that has no setter an error that says what to do. */
export function refuseAssigning(prototype: object, name: string, advice: string): void {
  const { get } = getOwnPropertyDescriptor(prototype, name) as { get: () => unknown };
  Object.defineProperty(prototype, name, {
    get,
    set(this: object): void {
      const handle = handleOf(this);
      throw readOnlyState(handle === undefined ? name : `${definitionIn(handle).name}.${name}`, advice);
    },
    enumerable: false,
    configurable: true,
  });
}

/**
 * Makes the assignment of what is no field an error for the objects of a class. Not if it extends a class of somebody else that is not persistent: the
 * properties of that are its own affair. `base`: the class that leasehold has given to extend.
 */
export function refuseUndeclared(prototype: object, base: object | undefined): void {
  for (let each = prototype; ; ) {
    const next: object | null = getPrototypeOf(each);
    if (next === objectPrototype) {
      if (each === prototype || each === base) setPrototypeOf(each, guard);
      return;
    }
    if (next === null) return;
    each = next;
  }
}

/** Calls the method `onLoad` of an object, which may set properties that are not stored. */
export function callOnLoad(object: object, onLoad: () => void): void {
  const before = loading;
  loading = object;
  try {
    apply(onLoad, object, []);
  } finally {
    loading = before;
  }
}
