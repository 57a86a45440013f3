// Goes through everything that can be reached from an object, and reports what should not be there: memory that was not
// lent, and internal objects of the library. Looks nothing up on a prototype, since those are patched when it runs.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, types } from 'node:util';
import { library } from '../../buffers/suite/world.mjs';
import { REACHABLE } from './reachable-classes.mjs';

/** Bytes of the largest value that the cases store: no ArrayBuffer may be larger. */
export const LARGEST = 40_000;

const { apply, ownKeys, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const getterOf = (prototype, name) => getOwnPropertyDescriptor(prototype, name).get;
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const bufferSize = getterOf(ArrayBuffer.prototype, 'byteLength');
const typedBuffer = getterOf(typedArrayPrototype, 'buffer');
const viewBuffer = getterOf(DataView.prototype, 'buffer');
const { has: setHas, add: setAdd } = Set.prototype;
const { isArray } = Array;
const ErrorClass = Error;
const { isView } = ArrayBuffer;
const { isAnyArrayBuffer, isArrayBuffer, isDataView } = types;
const { iterator, asyncIterator } = Symbol;

// Since Node 24, Node's pool of small Buffers has 64 KiB. That would look like memory of the library.
Buffer.poolSize = 8;

const forbiddenPrototypes = new Set();
const forbiddenObjects = new Set();

for (const file of readdirSync(join(library, 'dist'), { recursive: true })) {
  if (!file.endsWith('.js') || file.startsWith('cli/')) continue;
  const module = await import(pathToFileURL(join(library, 'dist', file)).href);
  for (const [name, exported] of Object.entries(module)) {
    const isClass = typeof exported === 'function' && String(exported).startsWith('class');
    if (isClass && !REACHABLE.includes(name)) forbiddenPrototypes.add(exported.prototype);
    if (['native', 'control', 'writer'].includes(name)) forbiddenObjects.add(exported);
  }
}

/** Objects that exist without the library. The walk does not enter them. */
export const ambient = new Set();
for (const root of [globalThis, process, inspect]) collectAmbient(root);
function collectAmbient(object) {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null || ambient.has(object)) return;
  ambient.add(object);
  for (const key of ownKeys(object)) {
    const { value, get, set } = getOwnPropertyDescriptor(object, key) ?? {};
    for (const part of [value, get, set]) collectAmbient(part);
  }
  collectAmbient(getPrototypeOf(object));
}

function tryTo(fn) {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

/** The size of an ArrayBuffer, or of the ArrayBuffer of a view; -1 for anything else. */
function memorySize(object) {
  if (isAnyArrayBuffer(object)) return isArrayBuffer(object) ? apply(bufferSize, object, []) : 0;
  if (!isView(object)) return -1;
  const memory = apply(isDataView(object) ? viewBuffer : typedBuffer, object, []);
  return isArrayBuffer(memory) ? apply(bufferSize, memory, []) : 0;
}

/** Why a program must not have this object; undefined if it may. */
export function wrongWith(object) {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return undefined;
  const size = memorySize(object);
  if (size > LARGEST) return `memory of ${size} bytes`;
  if (apply(setHas, forbiddenObjects, [object])) return "one of the library's own objects";
  for (let at = object, depth = 0; at !== null && depth < 20; at = tryTo(() => getPrototypeOf(at)), depth++) {
    if (apply(setHas, forbiddenPrototypes, [at])) return `a ${at.constructor?.name}`;
    if (typeof at === 'function' && apply(setHas, forbiddenPrototypes, [at.prototype])) return `the class ${at.name}`;
  }
  return undefined;
}

/** Methods that the walk does not call: they end objects that it still needs, or change what others read. */
export const ENDS =
  /^(end|close|commit|abort|return|throw|drop|clear|put|putNew|append|del|write|resize|step|collect|transact|Symbol\((Symbol|nodejs)\.(dispose|asyncDispose)\))$/;

/** Goes to everything that can be reached from the roots, also by calls. Returns what is wrong, with the path to it. */
export function walk(roots, options = {}) {
  const { calls = true, most = 1500 } = options;
  const seen = new Set();
  const wrong = [];
  const queue = [];
  let visited = 0;
  let given = 0;
  const push = (object, path, depth) => {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return;
    if (apply(setHas, seen, [object]) || apply(setHas, ambient, [object])) return;
    apply(setAdd, seen, [object]);
    const complaint = wrongWith(object);
    if (complaint !== undefined) wrong[wrong.length] = `${path}: ${complaint}`;
    if (depth < 6) queue[given++] = { object, path, depth };
  };
  for (const name of ownKeys(roots)) push(roots[name], String(name), 0);
  // Most calls throw. No stacks, since making them takes time; another case looks at the stacks of errors.
  const { stackTraceLimit } = ErrorClass;
  ErrorClass.stackTraceLimit = 0;
  while (visited < given && visited < most) {
    const { object, path, depth } = queue[visited++];
    if (memorySize(object) >= 0) continue;
    visit(object, path, calls, (part, step) => push(part, `${path}${step}`, depth + 1));
  }
  ErrorClass.stackTraceLimit = stackTraceLimit;
  return { wrong, visited };
}

function visit(object, path, calls, push) {
  push(
    tryTo(() => getPrototypeOf(object)),
    '.__proto__',
  );
  for (let holder = object; holder !== null && !apply(setHas, ambient, [holder]); holder = getPrototypeOf(holder)) {
    const keys = tryTo(() => ownKeys(holder));
    // A Proxy that was revoked.
    if (!isArray(keys)) return;
    for (let i = 0; i < keys.length; i++) visitProperty(object, holder, keys[i], calls, push);
  }
  if (!calls || typeof object === 'function' || isArray(object)) return;
  push(
    tryTo(() => inspect(object, { showHidden: true, showProxy: true, getters: true, depth: 1 })),
    ' inspected',
  );
  for (const symbol of [iterator, asyncIterator]) {
    if (typeof tryTo(() => object[symbol]) !== 'function') continue;
    const items = tryTo(() => object[symbol]());
    push(items, `[${String(symbol)}]()`);
    for (let i = 0; i < 2; i++) {
      const item = tryTo(() => items.next());
      push(item, '.next()');
      push(
        tryTo(() => item.value),
        ' item',
      );
    }
    if (path.length < 60)
      push(
        tryTo(() => items.return?.()),
        '.return()',
      );
  }
}

function visitProperty(object, holder, key, calls, push) {
  const name = String(key);
  const descriptor = tryTo(() => getOwnPropertyDescriptor(holder, key));
  if (descriptor === undefined) return;
  push(descriptor.get, ` get ${name}`);
  push(descriptor.set, ` set ${name}`);
  push(descriptor.value, `.${name}`);
  if (descriptor.get !== undefined)
    push(
      tryTo(() => apply(descriptor.get, object, [])),
      `.${name}`,
    );
  if (!calls || typeof descriptor.value !== 'function' || name === 'constructor' || ENDS.test(name)) return;
  if (typeof object === 'function') return;
  for (const args of [
    [],
    [0],
    [0, 1],
    [object],
    [{ limit: 1 }],
    [(given) => push(given, `.${name}(given)`)],
    [{ limit: 1 }, (given) => push(given, `.${name}(…, given)`)],
  ]) {
    push(
      tryTo(() => apply(descriptor.value, object, args)),
      `.${name}(…)`,
    );
  }
}
