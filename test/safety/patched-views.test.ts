import { expect, test } from 'vitest';
import { attack } from './patched-attacks.ts';

// Programs that patch the built-ins of which struct views, Keys and Values are made.

test('the prototype of a view class is not called with a lease', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const txn = env.read();
      const view = records.get(['a', 1], txn);
      for (const Class of [view.constructor, Object.getPrototypeOf(Object.getPrototypeOf(view)).constructor]) {
        attempt(() => Object.setPrototypeOf(Class, function (lease) { steal('super', lease); return {}; }));
      }
      use(records, ['a', 1], { a: 1, text: 'x' });
      const again = records.get(['a', 1], txn);
      if (again.a !== 1 || again.text !== 'some' || again.toObject().a !== 1) loot.push('not a view');`),
  ).toEqual([]);
});

test('every class that is reachable may have another prototype', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const txn = env.read();
      const seen = [];
      const range = col.range({}, txn);
      const entry = range.toArray()[0];
      seen.push(env, txn, col, range, range.keys(), range.values(), range[Symbol.iterator](), range.map(String), entry, entry.value);
      records.scan({}, (one) => { seen.push(one, one.key, one.value, sink(one.value)); }, txn);
      const key = records.range({}, txn).keys().toArray()[0];
      seen.push(key, key[Symbol.iterator](), key.slice(0, 1));
      env.write((w) => { seen.push(w); });
      const view = records.get(['a', 1], txn);
      seen.push(view, view[Object.getOwnPropertySymbols(view)[0]]);
      function Evil(...given) { for (const one of given) steal('super', one); return {}; }
      for (const one of seen) attempt(() => Object.setPrototypeOf(one.constructor, Evil));
      use(col, 5, Buffer.from('a'));
      use(records, ['a', 1], { a: 1, text: 'x' });
      attempt(() => env.write((w) => col.put(1, Buffer.from('b'), w)));`),
  ).toEqual([]);
});

test('WeakMap and getPrototypeOf do not say how a kept view is made', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const maps = [];
      patched(WeakMap.prototype, 'set', (set) => function (key, value) { maps.push(this); return set.call(this, key, value); },
        () => { struct({ q: t.u8 }); });
      const forged = {};
      const schema = { fields: [], make: (lease) => steal('make', lease) };
      for (const map of maps) map.set(forged, schema);
      if (maps.length > 0) loot.push('a map');
      const keep = () => records.scan({}, (entry) => { sink(entry.value).keep(); });
      patched(WeakMap.prototype, 'get', () => () => schema, keep);
      patched(Object, 'getPrototypeOf', () => () => forged, keep);
      records.scan({}, (entry) => { const { value } = entry; Object.setPrototypeOf(value, forged); attempt(() => sink(value).keep()); });`),
  ).toEqual([]);
});

test('a sink that lies about its length shows nothing beyond it', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const { inspect } = await import('node:util');
      const txn = env.read();
      const value = col.get(0, txn);
      const key = records.range({}, txn).keys().toArray()[0];
      const lengths = () => [value.toJSON().length, key.toHex().length, key.prefixEnd().toHex().length, key.slice(-1).toHex().length];
      const before = lengths();
      const shown = inspect(value);
      for (const lied of [value, key]) {
        Object.defineProperty(lied, 'byteLength', { value: 5000 });
        Object.defineProperty(lied, 'length', { value: 5000 });
      }
      if (String(lengths()) !== String(before)) loot.push('own: ' + lengths());
      for (const name of ['min', 'max', 'trunc', 'floor']) {
        patched(Math, name, () => () => 5000, () => {
          if (String(lengths()) !== String(before)) loot.push(name + ': ' + lengths());
          if (inspect(value).length > shown.length) loot.push(name + ': ' + inspect(value));
        });
      }
      if (key.startsWith(['a']) !== true || key.startsWith(['a', 1, 2]) !== false) loot.push('startsWith');`),
  ).toEqual([]);
});

test('no user code runs between the reads of a number or a hash', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const numbers = env.collection('numbers', { key: tuple, value: struct({ big: t.u64 }) });
      numbers.put([2n ** 100n], { big: 2n ** 60n });
      const txn = env.read();
      const { key, value } = numbers.range({}, txn).toArray()[0];
      const called = (name) => (before) => Object.assign((...given) => { loot.push(name); return before(...given); });
      patched(Math, 'imul', called('imul'), () => { key.hash(); sink(value).hash(); });
      patched(globalThis, 'BigInt', called('BigInt'), () => { key.at(0); value.big; });`),
  ).toEqual([]);
});

test('constructors that are reachable take nothing forged', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const environment = {
        checkOpen() {}, checkUsable() {}, onEnd: 'copy', retrying: () => 0, lends: true, counters: {}, current: { lends: false, handle: 0, open: true },
        addReading(transaction) { steal('addReading', transaction); }, reading(transaction, fn) { return fn({ handle: 0 }); },
        removeReading() {}, drains: { add() {} },
      };
      environment.environment = environment;
      const collection = { environment, id: 0, key: uint32, value: evilCodec, views: { key: evilCodec.view, value: evilCodec.view }, checkUsable() {},
        openCursor(transaction) { steal('openCursor', transaction); return 0; }, reading: environment.reading, count(bounds, transaction) { steal('count', transaction); return 0; } };
      const range = col.range();
      const Classes = [col.constructor, range.constructor, range.keys().constructor, range[Symbol.iterator]().constructor, env.constructor];
      env.read((txn) => Classes.push(txn.constructor));
      env.write((txn) => Classes.push(txn.constructor));
      for (const Class of Classes) {
        for (const first of [collection, environment, { handle: 0, open: true, lends: false, environment }]) {
          try {
            const made = new Class(first, {}, undefined, undefined, 0);
            loot.push(Class.name + ' was made');
            attempt(() => made.get(5));
            attempt(() => made[Symbol.iterator]().next());
            attempt(() => made.next());
          } catch (error) {
            if (error.code !== 'ERR_INVALID_ARG_TYPE') loot.push(Class.name + ': ' + error);
          }
        }
      }`),
  ).toEqual([]);
});
