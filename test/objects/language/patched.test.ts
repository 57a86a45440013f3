import { expect, test } from 'vitest';
import { runChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';

/**
 * Replaces the methods of built-in containers by functions that keep what they get, uses a store in all ways, and looks for objects of the
 * library that a program must not have: from a handle, the way leads to the memory of the environment.
 */
const PROGRAM = `
const objects = await import(new URL('./objects.js', 'file://' + library + '/dist/'));
const { openStore, PersistentList, PersistentMap, ref } = objects;
const { apply, ownKeys } = Reflect;
const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object;
const OwnSet = Set;
const [add, has] = [Set.prototype.add, Set.prototype.has];
const found = new OwnSet();
const seen = new OwnSet();
const WANTED = /^(Home|Page|LiveView|SnapshotView|TransactView|StoreView|Changeset|Base|EnvironmentState|OpenRead|OpenWrite|OpenTransact|OpenCollection|Lease|HandleTable|NumberRow)$/;
let looking = false;
function look(value, depth) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || apply(has, seen, [value])) return;
  apply(add, seen, [value]);
  let prototype;
  try { prototype = getPrototypeOf(value); } catch { return; }
  const name = prototype === null ? undefined : getOwnPropertyDescriptor(prototype, 'constructor')?.value?.name;
  if (typeof name === 'string' && WANTED.test(name)) apply(add, found, [name]);
  if (depth === 0) return;
  const names = ownKeys(value);
  for (let i = 0; i < names.length && i < 100; i++) {
    const descriptor = getOwnPropertyDescriptor(value, names[i]);
    if (descriptor !== undefined && 'value' in descriptor) look(descriptor.value, depth - 1);
  }
}
function spy(prototype, name) {
  const descriptor = getOwnPropertyDescriptor(prototype, name);
  if (descriptor === undefined || typeof descriptor.value !== 'function') return;
  const original = descriptor.value;
  defineProperty(prototype, name, {
    ...descriptor,
    value: function (...args) {
      if (!looking) {
        looking = true;
        try { look(this, 2); look(args, 3); } finally { looking = false; }
      }
      return apply(original, this, args);
    },
  });
}
const MapIterator = getPrototypeOf(new Map().entries());
const SetIterator = getPrototypeOf(new OwnSet().values());
const ArrayIterator = getPrototypeOf([].values());
const containers = [Map.prototype, Set.prototype, WeakMap.prototype, WeakSet.prototype, WeakRef.prototype, Array.prototype, FinalizationRegistry.prototype, MapIterator, SetIterator, ArrayIterator];
for (const prototype of containers) for (const name of ownKeys(prototype)) if (name !== 'constructor') spy(prototype, name);
for (const name of ['WeakRef', 'Map', 'Set', 'WeakMap', 'Array', 'Function']) {
  const Original = globalThis[name];
  globalThis[name] = new Proxy(Original, {
    construct(target, args, of) {
      if (!looking) { looking = true; try { look(args, 3); } finally { looking = false; } }
      const made = Reflect.construct(target, args, of === globalThis[name] ? Original : of);
      return name !== 'Function' ? made : function (...given) { looking = true; try { look(given, 3); } finally { looking = false; } return apply(made, this, given); };
    },
  });
  defineProperty(Original, Symbol.hasInstance, { value(object) { if (!looking) { looking = true; try { look(object, 2); } finally { looking = false; } } return apply(Function.prototype[Symbol.hasInstance], this, [object]); } });
}
const Frob = objects.persistent('patched.Frob', { foo: objects.t.i32, tags: objects.t.json, next: ref().optional() })(class {});
globalThis.eval = () => function (...given) { looking = true; try { look(given, 3); } finally { looking = false; } return {}; };
const Late = objects.persistent('patched.Late', { foo: objects.t.i32, frob: ref(() => Frob).optional() })(class {});
const store = openStore(args.path, { durability: 'nosync' });
const d = store.root;
d.x = new Frob({ foo: 1, tags: [1] });
d.x.foo += 1;
d.late = new Late({ foo: 1, frob: d.x });
d.late.foo += d.late.frob.foo;
store.write(() => {
  d.map = new PersistentMap();
  d.list = new PersistentList();
  d.list.push(1, 2);
  for (let i = 0; i < 50; i++) d.map.set('k' + i, new Frob({ foo: i, tags: [], next: d.x }));
  try { store.write(() => { d.x.tags.push(2); throw new Error('no'); }); } catch {}
  d.x.tags.push(3);
});
for (const [, frob] of d.map) frob.foo;
for (const frob of store.all(Frob)) frob.next?.foo;
const view = store.snapshot();
view.root.x.next;
for (const frob of view.all(Frob)) frob.tags;
await store.transact(async (txn) => {
  txn.root.x.foo++;
  txn.root.y = new Frob({ foo: 1, tags: [], next: txn.root.x });
  await store.transact((inner) => { inner.root.map.set('z', inner.root.y); });
});
delete d.y;
await store.collect();
for await (const problem of store.check()) throw new Error(problem.message);
view.end();
await 0;
d.map.get('k1').next.foo;
store.close();
tell([...found].sort());
`;

test('built-in containers whose methods a program has replaced do not give it what is behind an object', () => {
  const { told, stderr, status } = runChild(PROGRAM, { path: temporaryFolder() });
  expect({ told, stderr, status }).toEqual({ told: [[]], stderr: '', status: 0 });
});
