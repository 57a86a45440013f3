// Patches every built-in that the library could call. Each checks its arguments.

import { library } from '../../buffers/suite/world.mjs';
import { wrongWith } from './walk.mjs';

const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf, setPrototypeOf } = Reflect;
const ErrorClass = Error;
const { includes, split } = String.prototype;

/** Complaints about values that must not be passed to a patched function. */
export const found = [];
let on = false;
let looking = false;

function look(value, where) {
  const complaint = wrongWith(value);
  if (complaint !== undefined && found.length < 50) found[found.length] = `${where} was handed ${complaint}`;
}

/** Whether the library called the patched function. */
function calledByLibrary() {
  const { stackTraceLimit } = ErrorClass;
  ErrorClass.stackTraceLimit = 4;
  const { stack } = new ErrorClass();
  ErrorClass.stackTraceLimit = stackTraceLimit;
  const line = apply(split, stack, ['\n'])[4] ?? '';
  return apply(includes, line, [`${library}/dist/`]);
}

function inspected(where, receiver, args, registry) {
  if (!on || looking) return;
  looking = true;
  try {
    look(receiver, where);
    for (let i = 0; i < args.length; i++) look(args[i], where);
    // An internal Map or WeakSet of the library: a program that has it can change what the library trusts.
    if (registry && calledByLibrary()) found[found.length] = `${where} was handed a registry of the library's`;
  } finally {
    looking = false;
  }
}

function patched(original, where, registry) {
  function replacement(...args) {
    inspected(where, this, args, registry);
    return new.target === undefined
      ? apply(original, this, args)
      : construct(original, args, new.target === replacement ? original : new.target);
  }
  return replacement;
}

function patchAll(object, title, registry = false) {
  for (const key of ownKeys(object)) {
    const descriptor = getOwnPropertyDescriptor(object, key);
    const where = `${title}.${String(key)}`;
    if (!descriptor.configurable || key === 'constructor' || key === 'prototype') continue;
    if (typeof descriptor.value === 'function') {
      defineProperty(object, key, { ...descriptor, value: patched(descriptor.value, where, registry) });
    } else if (descriptor.get !== undefined) {
      defineProperty(object, key, { ...descriptor, get: patched(descriptor.get, `get ${where}`, registry) });
    }
  }
}

const TypedArray = getPrototypeOf(Uint8Array);
const registries = { Map, Set, WeakMap, WeakSet, FinalizationRegistry };
const iterators = {
  ArrayIterator: getPrototypeOf([][Symbol.iterator]()),
  MapIterator: getPrototypeOf(new Map().values()),
  Generator: getPrototypeOf(getPrototypeOf((function* () {})())),
  Iterator: getPrototypeOf(getPrototypeOf([][Symbol.iterator]())),
};
const classes = {
  ...{ DataView, TypedArray, Uint8Array, Uint32Array, Int32Array, Float64Array, BigUint64Array, ArrayBuffer, Buffer },
  ...{ Array, Promise, String, Number, BigInt, Date, RegExp, Symbol, Boolean, Error, TypeError, RangeError },
  ...{ TextDecoder, TextEncoder, Function, WeakRef },
};

export function patchEverything() {
  // Setters and getters that objects of the library might inherit.
  for (const name of [
    ...['then', 'lease', 'keys', 'values', 'table', 'source', 'views', 'span', 'environment', 'handle', 'bytes'],
    ...['transaction', 'buffer', 'cause', 'path', 'next', 'windows', 'owner', 'key', 'make', 'fields', 'reading'],
    ...['0', '1'],
  ]) {
    defineProperty(Object.prototype, name, {
      configurable: true,
      get: patched(() => undefined, `get Object.prototype.${name}`, false),
      set: patched(
        function (value) {
          defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
        },
        `set Object.prototype.${name}`,
        false,
      ),
    });
  }
  for (const [title, Class] of Object.entries(registries)) patchAll(Class.prototype, `${title}.prototype`, true);
  for (const [title, prototype] of Object.entries(iterators)) patchAll(prototype, title);
  for (const [title, Class] of Object.entries(classes)) {
    patchAll(Class.prototype, `${title}.prototype`);
    patchAll(Class, title);
  }
  for (const [title, object] of Object.entries({
    Object,
    Reflect,
    Math,
    JSON,
    Atomics,
    performance,
    process: { emitWarning: 0 },
  }))
    patchAll(object, title);
  for (const name of [
    'setTimeout',
    'setImmediate',
    'clearTimeout',
    'clearImmediate',
    'structuredClone',
    'queueMicrotask',
    'Uint8Array',
    'Uint32Array',
    'ArrayBuffer',
    'Map',
    'WeakMap',
    'WeakRef',
    'FinalizationRegistry',
  ]) {
    const original = globalThis[name];
    const replacement = patched(original, name, false);
    replacement.prototype = original.prototype;
    setPrototypeOf(replacement, original);
    globalThis[name] = replacement;
  }
}

/** Checks arguments while `fn` runs. */
export async function looked(fn) {
  on = true;
  try {
    return await fn();
  } finally {
    on = false;
  }
}
