import { types } from 'node:util';
import { bareArray, weakSetAdd, weakSetHas } from '../base/primordials.ts';

const { freeze, getPrototypeOf, hasOwn, keys, prototype: objectPrototype } = Object;
const { isArray, prototype: arrayPrototype } = Array;
const { ownKeys, getOwnPropertyDescriptor } = Reflect;
const { isProxy } = types;

/**
 * Freezes a value and everything in it. Returns false if freezing does not protect all of it: a Date, a Map, a Set, bytes and instances of
 * classes can be changed by their methods, and an accessor can give something else each time. What was frozen before that was
 * found stays frozen. With `careful`, accessors, symbols and proxies are looked for too, which a parser does not make.
 *
 * It keeps a list instead of calling itself: a value may be nested more deeply than the stack is long. It uses no method that a program can patch:
 * otherwise a value could be shared that is not frozen.
 */
export function freezeDeep(value: unknown, careful: boolean): boolean {
  if (!isObject(value)) return typeof value !== 'function';
  let waiting: object[] | undefined;
  let left = 0;
  // A program's own codec can make a value that contains itself.
  const seen: WeakSet<object> | undefined = careful ? new WeakSet() : undefined;
  if (seen !== undefined) weakSetAdd(seen, value);
  for (let object: object = value; ; object = (waiting as object[])[--left] as object) {
    if (careful && isProxy(object)) return false;
    if (!isPlain(object) || (careful && !isData(object))) return false;
    const names = keys(object);
    for (let i = 0; i < names.length; i++) {
      const inner = (object as Record<string, unknown>)[names[i] as string];
      if (typeof inner === 'function') return false;
      if (!isObject(inner)) continue;
      if (seen !== undefined) {
        if (weakSetHas(seen, inner)) continue;
        weakSetAdd(seen, inner);
      }
      waiting ??= bareArray();
      waiting[left++] = inner;
    }
    freeze(object);
    if (left === 0) return true;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isPlain(object: object): boolean {
  const prototype = getPrototypeOf(object);
  return isArray(object) ? prototype === arrayPrototype : prototype === objectPrototype || prototype === null;
}

/** Whether an object has nothing but ordinary properties with names, all of which `Object.keys` gives. */
function isData(object: object): boolean {
  const names = ownKeys(object);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string | symbol;
    const descriptor = getOwnPropertyDescriptor(object, name);
    if (descriptor === undefined || !hasOwn(descriptor, 'value')) return false;
    if (!descriptor.enumerable && !(isArray(object) && name === 'length')) return false;
    if (typeof name === 'symbol') return false;
  }
  return true;
}
