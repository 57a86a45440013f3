// Programs that try to get the windows, which are the library's views of mapped memory. Each patches how the library
// recognizes its objects, makes instances of classes that it found, or forges their contents. None may get a lease.
import { check, leasehold } from '../../buffers/suite/world.mjs';
import { keepInScan, makeWorld, patched, readBy, spy, startLoot, take, thrown, thrownOr } from './forge.mjs';

const { bytes, Key, struct, t, uint32, Value } = leasehold;

const attacks = {
  'WeakSet.has says yes': () =>
    readBy({ key: uint32, value: spy() }, (fn) => patched(WeakSet.prototype, 'has', () => () => true, fn)),
  'WeakSet.add tells which set it is': () => {
    const sets = [];
    patched(
      WeakSet.prototype,
      'add',
      (add) =>
        function (value) {
          sets.push(this);
          return add.call(this, value);
        },
      () => struct({ a: t.optional(t.u8) }),
    );
    const codec = spy();
    for (const set of sets) set.add(codec);
    readBy({ key: uint32, value: codec });
  },
  'WeakMap.get gives a codec': () =>
    readBy({ key: uint32, value: spy() }, (fn) => patched(WeakMap.prototype, 'get', () => () => spy(), fn)),
  'Map.get gives a codec': () =>
    readBy({ key: uint32, value: bytes }, (fn) => patched(Map.prototype, 'get', () => () => spy(uint32), fn)),
  'Map.values gives codecs': () =>
    readBy(undefined, (fn) => patched(Map.prototype, 'values', () => () => [spy(uint32)], fn)),
  'an iterator gives codecs': () =>
    readBy(undefined, (fn) =>
      patched(
        Array.prototype,
        Symbol.iterator,
        () =>
          function* () {
            yield spy(uint32);
          },
        fn,
      ),
    ),
  'Array.find gives a codec': () => readBy(undefined, (fn) => patched(Array.prototype, 'find', () => () => spy(), fn)),
  'JSON.parse gives a codec': () =>
    readBy(undefined, (fn) => patched(JSON, 'parse', () => () => ({ key: 'uint32', value: spy() }), fn)),
  'Object.freeze leaves a codec open': () => {
    const codec = patched(
      Object,
      'freeze',
      () => (object) => object,
      () => struct({ a: t.u8 }),
    );
    thrown(() => {
      codec.view = (...args) => take(...args);
    });
    const { env } = makeWorld();
    const rows = env.collection('open', { key: uint32, value: codec });
    rows.put(1, { a: 1 });
    env.read((txn) => {
      thrown(() => rows.get(1, txn));
    });
  },
  'a class extends a spy': () => {
    const { env, rows } = makeWorld();
    const txn = env.read();
    const classes = [rows.get(1, txn), Value.prototype, Key.prototype, rows, rows.range(), rows.range().keys()].map(
      (object) => object.constructor,
    );
    for (const Class of classes) {
      const parent = Object.getPrototypeOf(Class);
      const spied = function spied(...args) {
        take(...args);
        return {};
      };
      if (thrown(() => Object.setPrototypeOf(Class, spied)) !== undefined) continue;
      thrown(() => rows.get(1, txn));
      thrown(() => rows.range({}, txn).values().toArray());
      thrown(() =>
        rows
          .range({}, txn)
          .map(({ value }) => value.b)
          .toArray(),
      );
      Object.setPrototypeOf(Class, parent);
    }
    txn.end();
  },
  'WeakMap.get gives a schema': () => {
    const { rows } = makeWorld();
    const schema = { fields: [], make: (...args) => take(...args) };
    patched(
      WeakMap.prototype,
      'get',
      () => () => schema,
      () => keepInScan(rows),
    );
  },
  'Object.getPrototypeOf gives a prototype with a schema': () => {
    const maps = [];
    patched(
      WeakMap.prototype,
      'set',
      (set) =>
        function (...args) {
          maps.push(this);
          return set.apply(this, args);
        },
      () => struct({ q: t.u8 }),
    );
    const prototype = {};
    for (const map of maps) map.set(prototype, { fields: [], make: (...args) => take(...args) });
    const { rows } = makeWorld();
    patched(
      Object,
      'getPrototypeOf',
      () => () => prototype,
      () => keepInScan(rows),
    );
  },
  'a Collection on an environment of the program': () => {
    const { env, blobs } = makeWorld();
    const txn = env.read();
    for (let guess = 0; guess < 320; guess++) {
      // A handle consists of an index and a generation.
      const handle = (guess % 80) + Math.floor(guess / 80) * 2 ** 20;
      for (let id = 0; id < 6; id++) {
        for (const transaction of [
          { lends: false, handle },
          { lends: true, handle, open: true, get: (...args) => take(...args), lease: (...args) => take(...args) },
        ]) {
          const environment = { current: transaction, checkOpen() {}, windows: { at: () => new Uint8Array(9) } };
          const forged = {
            id,
            key: uint32,
            value: spy(),
            views: { key: (...args) => take(...args), value: (...args) => take(...args) },
            checkUsable() {},
            environment,
            openCursor: () => handle,
            reading: (_, fn) => fn(transaction),
          };
          const collection = thrownOr(() => new blobs.constructor(forged));
          if (collection === undefined) return;
          for (const way of [
            () => collection.get(100),
            () => collection.getMany([100]),
            () => [...collection.range()],
            () => collection.scan({}, take),
          ])
            take(thrown(way));
        }
      }
    }
    txn.end();
  },
  'a Range on an environment of the program': () => {
    const { blobs } = makeWorld();
    const environment = {
      checkOpen() {},
      onEnd: 'copy',
      retrying: () => 0,
      addReading: (...args) => take(...args),
      removeReading: (...args) => take(...args),
    };
    for (const sequence of [blobs.range(), blobs.range().keys()]) {
      const forged = thrownOr(
        () =>
          new sequence.constructor(
            { environment, openCursor: (...args) => take(...args), count: (...args) => take(...args) },
            {},
          ),
      );
      if (forged === undefined) continue;
      thrown(() => forged[Symbol.iterator]().next());
      thrown(() => forged.count());
      thrown(() =>
        new (forged[Symbol.iterator]().constructor)(
          { environment, openCursor: (...args) => take(...args) },
          {},
          undefined,
          undefined,
          0,
        ).next(),
      );
    }
  },
};

const cases = Object.entries(attacks).map(([name, attack]) => ({
  name,
  run() {
    const loot = startLoot();
    attack();
    check(loot.length === 0, [...new Set(loot)].join(', '));
  },
}));

export { cases };
