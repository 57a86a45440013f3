import { REACHABLE } from '../safety/suite/reachable-classes.mjs';

/**
 * Replaces methods of built-ins by functions that look at all that they are given and what they return, and uses stores in all ways. They must be given no
 * object of the library's own classes: from a session or a backend, the way leads to the memory of the environment.
 */
export const SPY: string = `
const { readdirSync } = await import('node:fs');
const { apply, construct, ownKeys, getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Reflect;
const REACHABLE = new Set(args.reachable);
const OwnSet = Set;
const { add, has, forEach: forEachOfSet } = Set.prototype;
const forEachOfMap = Map.prototype.forEach;
const { next: nextOfArray } = getPrototypeOf([].values());
const forbidden = new OwnSet();
for (const folder of [...args.folders, 'base', 'wire', 'server', 'server/commits', 'server/follow', 'server/rights', 'client', 'client/remote', 'client/remote/prefetch', 'client/pipeline', 'client/rows', 'client/store-tools', 'client/transaction', 'cache', 'cache/checkpoints', 'cache/stores', 'objects/wire', 'versions/engine', 'transaction', 'lease', 'lease/sources', 'environment']) {
  for (const file of readdirSync(library + '/dist/' + folder)) {
    if (!file.endsWith('.js')) continue;
    for (const [name, exported] of Object.entries(await import(library + '/dist/' + folder + '/' + file))) {
      if (typeof exported === 'function' && String(exported).startsWith('class') && !REACHABLE.has(name)) forbidden.add(exported.prototype);
    }
  }
}
const found = new OwnSet();
/** Passes what was found on, in order, and ends. */
const tellFound = () => {
  looking = true;
  const list = [];
  apply(forEachOfSet, found, [(each) => { list[list.length] = each; }]);
  list.sort();
  process.stdout.write(JSON.stringify(list) + '\\n');
  process.exit(0);
};
let looking = true;
const { isView } = ArrayBuffer;
const { isProxy } = (await import('node:util')).types;
function look(value, depth, where) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
  let at = value;
  for (let i = 0; at !== null && i < 8; i++) {
    if (apply(has, forbidden, [at])) {
      apply(add, found, [where + ' was given a ' + getOwnPropertyDescriptor(at, 'constructor')?.value?.name]);
      return;
    }
    try { at = getPrototypeOf(at); } catch { return; }
  }
  // The objects of stores have traps that read.
  if (depth === 0 || isView(value) || isProxy(value)) return;
  try { apply(forEachOfMap, value, [(each, key) => { look(each, depth - 1, where); look(key, depth - 1, where); }]); } catch {}
  try { apply(forEachOfSet, value, [(each) => look(each, depth - 1, where)]); } catch {}
  const names = ownKeys(value);
  for (let i = 0; i < names.length && i < 100; i++) {
    const descriptor = getOwnPropertyDescriptor(value, names[i]);
    if (descriptor !== undefined && 'value' in descriptor) look(descriptor.value, depth - 1, where);
  }
}
function looked(value, depth, where) {
  if (looking) return;
  looking = true;
  try { look(value, depth, where); } finally { looking = false; }
}
function spyOn(prototype, title) {
  const names = ownKeys(prototype);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const descriptor = getOwnPropertyDescriptor(prototype, name);
    if (name === 'constructor' || typeof descriptor.value !== 'function' || !descriptor.configurable) continue;
    const original = descriptor.value;
    const where = title + '.' + String(name);
    defineProperty(prototype, name, {
      ...descriptor,
      value: function (...given) {
        looked(this, 2, where);
        looked(given, 3, where);
        const result = new.target === undefined ? apply(original, this, given) : construct(original, given);
        looked(result, 2, where);
        return result;
      },
    });
  }
}
const prototypes = {
  Map: Map.prototype, Set: Set.prototype, WeakMap: WeakMap.prototype, WeakSet: WeakSet.prototype, WeakRef: WeakRef.prototype, Array: Array.prototype,
  FinalizationRegistry: FinalizationRegistry.prototype, MapIterator: getPrototypeOf(new Map().entries()), SetIterator: getPrototypeOf(new Set().values()),
  ArrayIterator: getPrototypeOf([].values()), Promise: Promise.prototype, TypedArray: getPrototypeOf(Uint8Array.prototype), Uint8Array: Uint8Array.prototype,
  Buffer: Buffer.prototype, String: String.prototype, Function: Function.prototype, JSON, Object, Reflect, Array_: Array, Promise_: Promise,
};
function patchAll() {
  for (const title of ownKeys(prototypes)) if (title !== 'Function' && title !== 'Reflect') spyOn(prototypes[title], title);
  defineProperty(Object.prototype, 'then', {
    configurable: true,
    get() { looked(this, 1, 'Object.prototype.then'); return undefined; },
    set(value) { defineProperty(this, 'then', { value, writable: true, configurable: true, enumerable: true }); },
  });
  looking = false;
}
`;

/** Classes of the library from which no way leads to memory, and none to a connection. */
const HARMLESS = ['CollectionCodecs', 'OwnMap', 'ReceivedBatch', 'StoreCodecs', 'Tracked'];

/** The arguments of `SPY`. `folders`: others whose classes nobody may be given. */
export const SPY_ARGUMENTS = (folders: readonly string[]): object => ({
  folders,
  reachable: [...REACHABLE, ...HARMLESS],
});
