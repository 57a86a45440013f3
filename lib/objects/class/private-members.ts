import { LeaseholdError } from '../../base/errors.ts';
import { handleOf, slots } from '../handle.ts';
import { definitionOf, isOwnName } from './definition.ts';

const { apply } = Reflect;

/** What V8 says, and what compilers make of private members for older targets say. */
const MISSES_PRIVATE =
  /private (member|field|method|accessor)|^(Receiver|Object) must be an instance of class|^attempted to .* private/;

/**
 * An object that was loaded has no private members if its class has a constructor of its own: the language installs them only by running that. So the
 * methods and accessors of such a class say why, in place of V8's error. Those of leasehold's own classes have no private members, and are called often.
 */
export function explainPrivate(prototype: object, target: { readonly prototype: object }, className: string): void {
  for (
    let from: object = target.prototype;
    from !== Object.prototype && from !== null && !isOwn(from);
    from = Object.getPrototypeOf(from)
  ) {
    for (const key of Reflect.ownKeys(from)) {
      if (key === 'constructor' || Object.hasOwn(prototype, key)) continue;
      const found = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
      const at = `${className}.${String(key)}`;
      const { value, get, set } = found;
      // What has a prototype is no method: it may be a class.
      const isMethod = typeof value === 'function' && !Object.hasOwn(value, 'prototype');
      if (isMethod) Object.defineProperty(prototype, key, { ...found, value: explained(value, at) });
      else {
        const accessors = { ...(get && { get: explained(get, at) }), ...(set && { set: explained(set, at) }) };
        if (get !== undefined || set !== undefined)
          Object.defineProperty(prototype, key, {
            ...accessors,
            enumerable: found.enumerable === true,
            configurable: true,
          });
      }
    }
  }
}

/** Whether a prototype is that of one of leasehold's own classes. */
function isOwn(prototype: object): boolean {
  const definition = definitionOf(prototype.constructor);
  return definition !== undefined && isOwnName(definition.name);
}

type Method = (...args: never[]) => unknown;

function explained<M extends Method>(method: M, at: string): M {
  const wrapper = function (this: unknown, ...args: unknown[]): unknown {
    try {
      return apply(method, this, args);
    } catch (error) {
      const handle = handleOf(this);
      const isLoaded = handle !== undefined && slots.id(handle) !== 0;
      throw isLoaded && error instanceof TypeError && MISSES_PRIVATE.test(error.message)
        ? missesPrivate(at, error)
        : error;
    }
  };
  Object.defineProperty(wrapper, 'name', { value: method.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: method.length, configurable: true });
  return wrapper as unknown as M;
}

function missesPrivate(at: string, cause: TypeError): LeaseholdError {
  return new LeaseholdError(
    'ERR_NO_PRIVATE_MEMBERS',
    `${at} uses a private member of an object that was loaded: it has none, since its class has a constructor, which is not run then. Remove the ` +
      'constructor and give the private fields initial values, or use ordinary properties, and set them in a method onLoad(), which is called with ' +
      `each object that is loaded (${cause.message})`,
    { cause },
  );
}
