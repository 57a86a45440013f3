import { expect, test } from 'vitest';
import { attack } from './patched-attacks.ts';

// Programs that try to get the memory into which the library encodes keys and values, or to replace it with other memory.

/** Calls everything that encodes: short and long texts, large values, ranges, a new collection. */
const encode = `
  use(col, 7, Buffer.alloc(2000));
  use(env.collection('texts' + loot.length + Math.random(), { key: tuple, value: utf8 }), ['x'.repeat(100), 'ä'.repeat(40)], 'y'.repeat(5000));
  use(env.collection('large', { key: utf8, value: json }), 'key', 'z'.repeat(300_000));
  attempt(() => Key.of('a'.repeat(60), 1).startsWith(['a']));
  attempt(() => env.write(() => { col.get(7); [...col.range({ gt: 3, lt: 50 })]; col.count({ gte: 4 }); }));
`;

test('the getters of typed arrays are not handed the memory of the writer', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
      const see = (name) => (before) => function () { steal(name, this); return before.call(this); };
      for (const name of ['length', 'byteLength', 'byteOffset', 'buffer']) {
        patched(TypedArray, name, see(name), () => { ${encode} });
      }
      for (const name of ['set', 'subarray', 'slice', 'fill', 'copyWithin']) {
        patched(TypedArray, name, (before) => function (...given) { steal(name, this); return before.apply(this, given); }, () => { ${encode} });
      }
      for (const name of ['utf8Write', 'write', 'utf8Slice', 'latin1Slice', 'toString']) {
        patched(Buffer.prototype, name, (before) => function (...given) { steal(name, this); return before.apply(this, given); }, () => { ${encode} });
      }
      patched(TextEncoder.prototype, 'encodeInto', (before) => function (...given) { steal('encodeInto', given[1]); return before.apply(this, given); }, () => { ${encode} });`),
  ).toEqual([]);
});

test('neither a global class nor Math gives the writer its memory', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const given = [];
      const spoil = (Before) => function (...args) { const made = Reflect.construct(Before, args); given.push(made); return made; };
      for (const name of ['Uint8Array', 'Uint32Array', 'ArrayBuffer']) {
        patched(globalThis, name, spoil, () => { ${encode} });
      }
      for (const one of given) steal('made', one);
      for (const name of ['min', 'max']) patched(Math, name, () => () => 10, () => { ${encode} });
      const c = env.collection('after', { key: utf8, value: utf8 });
      c.put('k', 'v'.repeat(200_000));
      if (c.get('k') !== 'v'.repeat(200_000)) loot.push('a wrong value');`),
  ).toEqual([]);
});

test('an import hands it to nobody', { timeout: 60_000 }, () => {
  expect(
    attack(`
      Buffer.poolSize = 8;
      const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
      const { defineProperty, getOwnPropertyDescriptor } = Object;
      let on = false;
      // Loads the code of imports first: Node reads it into large buffers, which are not the library's memory.
      await leasehold.importRecords(env.collection('first', { key: utf8, value: utf8 }), []);
      for (const name of ['length', 'byteLength', 'byteOffset', 'buffer', 'set', 'subarray', 'slice', 'fill']) {
        const before = getOwnPropertyDescriptor(TypedArray, name);
        const original = before.get ?? before.value;
        const spy = function (...given) {
          if (on) { on = false; steal(name, this); for (const one of given) steal(name, one); on = true; }
          return original.apply(this, given);
        };
        defineProperty(TypedArray, name, before.get === undefined ? { ...before, value: spy } : { ...before, get: spy });
      }
      const rows = Array.from({ length: 300 }, (_, i) => JSON.stringify({ a: i % 7, text: 'key ' + i + 'x'.repeat(i % 90) }) + '\\n');
      for (const value of [S, json, utf8]) {
        for (const order of [rows, rows.toReversed?.() ?? [...rows].reverse()]) {
          const target = env.collection('imported ' + loot.length + Math.random(), { key: utf8, value });
          const source = value === utf8 ? ['{"key":"k","value":"' + 'v'.repeat(300) + '"}\\n'] : order;
          on = true;
          await leasehold.importRecords(target, source, value === utf8 ? {} : { key: 'text' });
          on = false;
          if (target.count() !== (value === utf8 ? 1 : 300)) loot.push('imported ' + target.count());
        }
      }`),
  ).toEqual([]);
});

test('a forged writer is refused before anything of a sink is looked at', { timeout: 60_000 }, () => {
  expect(
    attack(`
      col.put(1, Buffer.from('abc'));
      for (const codec of [bytes, tuple]) {
        const txn = env.read({ onEnd: 'invalidate' });
        const given = codec === bytes ? col.get(1, txn) : records.range({}, txn).keys().toArray()[0];
        const memory = new Uint8Array(400);
        const error = attempt(() => codec.write(given, { position: 0, bytes: memory, size: 400, reserve() {
          txn.end();
          for (let i = 0; i < 50; i++) col.put(1, Buffer.from('Z' + i));
        } }));
        if (error?.code !== 'ERR_INVALID_ARG_TYPE' || memory.some((byte) => byte !== 0)) loot.push(codec.name + ': ' + error + Buffer.from(memory.slice(0, 3)));
      }`),
  ).toEqual([]);
});

test('a sink on a forged lease is no argument, and compares with nothing', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const txn = env.read({ onEnd: 'invalidate' });
      const key = records.range({}, txn).keys().toArray()[0];
      const value = col.get(1, txn);
      const memory = new Uint8Array(300);
      const forged = { keys: memory, values: memory, base: 0, turn: 0, state: 'shared', get table() { txn.end(); return [0, 300, 0, 300]; } };
      const forgedKey = new Key(forged, 0, null);
      const forgedValue = new Value(forged, 2, null);
      const refused = {
        startsWith: () => forgedKey.startsWith(key), prefix: () => key.startsWith(forgedKey), compare: () => forgedKey.compare(key),
        other: () => key.compare(forgedKey), equals: () => value.equals(forgedValue), put: () => col.put(1, forgedValue),
        key: () => records.get(forgedKey, txn), element: () => Key.of(forgedKey), bytesElement: () => Key.of(forgedValue),
      };
      for (const [name, fn] of Object.entries(refused)) {
        const error = attempt(fn);
        if (error?.code !== 'ERR_INVALID_ARG_TYPE') loot.push(name + ': ' + error);
      }
      if (txn.state !== 'open') loot.push('the program ran');`),
  ).toEqual([]);
});

test('the rows of getMany are nobody else’s', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const txn = env.read();
      const places = [];
      const keep = () => function (list) { const made = new Uint32Array(list.length); for (let i = 0; i < list.length; i++) made[i] = list[i]; places.push(made); return made; };
      patched(Uint32Array, 'from', keep, () => patched(Array.prototype, 'push', (push) => function (...given) {
        for (const made of places) made.fill(200);
        return Reflect.apply(push, this, given);
      }, () => {
        const values = col.getMany([1, 2, 3], txn);
        for (let i = 0; i < 3; i++) if (values[i].byteLength !== 101 + i) loot.push('a value of ' + values[i].byteLength);
      }));
      if (places.length > 0) loot.push('places');`),
  ).toEqual([]);
});
