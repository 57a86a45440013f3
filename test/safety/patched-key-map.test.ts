import { expect, test } from 'vitest';
import { attack } from './patched-attacks.ts';

/** Fills a KeyMap in every way, and empties it. */
const setUp = `
const { KeyMap } = leasehold;
const fill = () => {
  const txn = env.read();
  const map = new KeyMap();
  for (const { key, value } of records.range({}, txn)) map.set(key, 1);
  for (const value of col.range({}, txn).values()) map.set(value, value);
  for (let i = 0; i < 20000; i++) map.set(Key.of(i), i);
  for (let i = 0; i < 15000; i++) map.delete(Key.of(i));
  if (map.size !== 5101 || map.get(Key.of('a', 1)) !== 1 || map.get(Key.of(19999)) !== 19999) loot.push('size ' + map.size);
  let count = 0;
  const keys = map.keys();
  for (let next = keys.next(); !next.done; next = keys.next()) count += next.value.byteLength > 0 ? 1 : 0;
  map.forEach(() => { count++; });
  if (count !== 10202) loot.push('count ' + count);
  map.clear();
  txn.end();
};
`;

/** Runs a program that patches the built-ins of which a KeyMap is made, and returns its loot. */
const attackKeyMap = (source: string): unknown => attack(setUp + source);

test('no built-in that it uses is handed a lease or its tables', { timeout: 60_000 }, () => {
  expect(
    attackKeyMap(`
      for (const Class of [Map, WeakMap, Set]) {
        for (const name of ['get', 'set', 'has', 'add', 'delete']) {
          if (name in Class.prototype) patched(Class.prototype, name, see(name), fill);
        }
      }
      for (const name of ['length', 'byteLength', 'buffer', 'set', 'fill', 'subarray']) {
        patched(Object.getPrototypeOf(Uint8Array.prototype), name, see(name), fill);
      }
      patched(Array.prototype, Symbol.iterator, see('iterator'), fill);
      patched(Object.getPrototypeOf([].values()), 'next', see('next'), fill);
      for (const name of ['push', 'fill', 'at']) patched(Array.prototype, name, see(name), fill);
      patched(Object, 'setPrototypeOf', see('setPrototypeOf'), fill);
      patched(Reflect, 'apply', (before) => (f, self, given) => { steal('apply', self); return before(f, self, given); }, fill);
      for (const name of ['call', 'apply', 'bind']) patched(Function.prototype, name, see(name), fill);
      for (const name of ['floor', 'ceil', 'min', 'imul']) patched(Math, name, () => () => 0.5, fill);
      for (const name of ['Map', 'Array', 'Uint32Array', 'Uint8Array']) {
        patched(globalThis, name, (before) => new Proxy(before, { construct(target, given) {
          const made = Reflect.construct(target, given);
          steal(name, made);
          return made;
        } }), fill);
      }`),
  ).toEqual([]);
});

test('setters on Array.prototype are handed neither its tables nor its leases', { timeout: 60_000 }, () => {
  expect(
    attackKeyMap(`
      for (const index of [0, 1, 5, 31]) {
        Object.defineProperty(Array.prototype, index, { configurable: true, set(value) {
          steal('setter', value);
          for (const inner of [this, ...Object.values(this)]) steal('setter on', inner);
          Object.defineProperty(this, index, { configurable: true, enumerable: true, writable: true, value });
        } });
        attempt(fill);
        delete Array.prototype[index];
      }`),
  ).toEqual([]);
});

test('its iterators cannot be made from anything else', { timeout: 60_000 }, () => {
  expect(
    attackKeyMap(`
      const Iterator = new KeyMap().keys().constructor;
      for (const forged of [undefined, {}, new KeyMap(), { rows: {}, next: () => 0 }, Object.create(Iterator.prototype)]) {
        const error = attempt(() => new Iterator(forged, 0));
        if (error.code !== 'ERR_INVALID_ARG_TYPE') loot.push('made: ' + error);
      }
      for (const name of ['get', 'set', 'has', 'delete', 'clear', 'keys', 'forEach']) {
        const error = attempt(() => KeyMap.prototype[name].call({}, Key.of(1), 1));
        if (!(error instanceof TypeError)) loot.push(name + ': ' + error);
      }`),
  ).toEqual([]);
});
