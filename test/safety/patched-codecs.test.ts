import { expect, test } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { attack } from './patched-attacks.ts';

// Programs that patch the properties by which leasehold could tell its built-in codecs from others.

const useEvil = `attempt(() => { const c = again().collection('c', { key: uint32, value: evilCodec }); use(c, 5, 1); });`;

test('WeakSet.prototype.has does not make a codec one of ours', { timeout: 60_000 }, () => {
  expect(attack(`patched(WeakSet.prototype, 'has', () => () => true, () => { ${useEvil} });`)).toEqual([]);
});

test('WeakSet.prototype.add is not handed the set of our codecs', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const sets = [];
      patched(WeakSet.prototype, 'add', (add) => function (value) { sets.push(this); return add.call(this, value); },
        () => { struct({ a: t.u8 }); t.optional(t.u8); });
      for (const set of sets) set.add(evilCodec);
      if (sets.length > 0) loot.push('a set');
      ${useEvil}`),
  ).toEqual([]);
});

test('WeakMap.prototype.get does not put a codec in the place of a wrapped one', { timeout: 60_000 }, () => {
  expect(
    attack(`patched(WeakMap.prototype, 'get', () => function () { return evilCodec; }, () => { ${useEvil} });`),
  ).toEqual([]);
});

test('Map.prototype.get and values do not give a key codec', { timeout: 60_000 }, () => {
  expect(
    attack(`
      patched(Map.prototype, 'get', () => () => evilCodec, () => {
        use(env.collection('forged', { key: evilCodec, value: bytes }), 1, Buffer.from('a'));
      });
      const named = { ...evilCodec, name: 'uint32', write: uint32.write };
      patched(Map.prototype, 'values', () => () => [named], () => use(again().collection('c'), 5, Buffer.from('a')));`),
  ).toEqual([]);
});

test('Array methods do not give a remembered codec', { timeout: 60_000 }, () => {
  expect(
    attack(`
      for (const name of ['find', 'map', 'filter', 'indexOf']) {
        patched(Array.prototype, name, () => () => (name === 'find' ? evilCodec : [evilCodec]), () => {
          use(again().collection('c'), 5, Buffer.from('a'));
        });
      }`),
  ).toEqual([]);
});

test('Object.freeze, Object.create and Object.defineProperty are not handed internals', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const replace = (codec) => { if (codec?.name === 'struct') codec.view = (lease) => steal('view', lease); return codec; };
      let made;
      patched(Object, 'freeze', () => replace, () => { made = struct({ b: t.u8 }); });
      use(env.collection('frozen', { key: uint32, value: made }), 1, { b: 1 });
      if (!Object.isFrozen(made)) loot.push('a codec that is not frozen');
      const record = {};
      patched(Object, 'create', () => () => record, () => open(env.path).collection('c'));
      for (const name in record) { steal('create', record[name]); loot.push(name); }`),
  ).toEqual([]);
});

test('the fields of a struct cannot be exchanged while it is made', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const evilField = { name: 'a', path: 'a', end: 5, type: { ...t.u8, size: 1, write: (writer) => steal('field', writer) } };
      const exchange = (array) => { try { if (array[0]?.type !== undefined) array[0] = evilField; } catch {} };
      const kept = Object.create(null);
      let count = 0;
      const spoil = (method) => function (...args) {
        if (this?.[0]?.type !== undefined || args[0]?.type !== undefined) { kept[count++] = this; kept[count++] = args[0]; }
        return Reflect.apply(method, this, args);
      };
      let made;
      patched(Array.prototype, 'push', spoil, () => patched(Array.prototype, 'map', spoil, () => { made = struct({ a: t.u8 }); }));
      let other;
      Object.defineProperty(Array.prototype, '0', { configurable: true, set(value) { kept[count++] = value; kept[count++] = this; } });
      attempt(() => { other = struct({ a: t.u8 }); });
      delete Array.prototype[0];
      for (let i = 0; i < count; i++) {
        exchange(kept[i]);
        try { kept[i].type = evilField.type; } catch {}
      }
      use(env.collection('fields', { key: uint32, value: made }), 1, { a: 1 });
      use(env.collection('others', { key: uint32, value: other }), 1, { a: 1 });`),
  ).toEqual([]);
});

test('a codec that is none of ours is refused all the same', { timeout: 60_000 }, () => {
  expect(
    askChild(
      `tell([
      codeOf(() => open(args).collection('c', { value: { name: 'x' } })),
      codeOf(() => open(args).collection('c', { key: { name: 'tuple' } })),
      codeOf(() => open(args).collection('c', { key: tuple, value: { name: 'own', encode: (v) => v, decode: (b) => b } })),
    ]); process.exit(0);`,
      temporaryFolder(),
    ),
  ).toEqual(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE', 'none']);
});

test('what msgpack makes for a collection cannot be replaced', { timeout: 60_000 }, () => {
  expect(
    attack(`
      const binding = msgpack.bind();
      const evilView = (lease) => steal('view', lease);
      const evil = { view: evilView, write: (value, writer) => steal('write', writer) };
      for (const made of [binding, binding.reading(), binding.writing({ load() {}, save() {} })]) {
        for (const target of [Object.getPrototypeOf(made), made.constructor]) {
          for (const name of Object.getOwnPropertyNames(target)) attempt(() => { target[name] = () => evil; });
          attempt(() => Object.defineProperty(target, 'view', { set() {}, get: () => evilView }));
        }
      }
      const items = env.collection('packed', { key: uint32, value: msgpack });
      use(items, 1, { a: 1 });
      env.write(() => use(items, 2, { b: 1 }));
      if (JSON.stringify(items.get(2)) !== '{"b":1}') loot.push('another coder');`),
  ).toEqual([]);
});
