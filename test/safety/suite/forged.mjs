// Programs that go for the windows: each patches what decides whether an object is the library's, or makes instances of
// classes that it found, or forges what those are made of. None may be called with a lease, or come to hold one.
import { markAsUntransferable } from 'node:worker_threads';
import { check, content, isNode, leasehold, makeBlobs, same, sameBytes, thrown } from '../../buffers/suite/world.mjs';
import { wrongWith } from './walk.mjs';

const { bytes, Key, sinkOf, struct, t, tuple, uint32, utf8, Value } = leasehold;

/** What an attack got hold of. */
let loot = [];
const take = (...objects) => {
  for (const object of objects) {
    const complaint = wrongWith(object) ?? wrongWith(object?.keys) ?? wrongWith(object?.constructor);
    if (complaint !== undefined) loot.push(complaint);
  }
  return null;
};

/** A codec that takes what it is called with; `like` is one whose name and writer it has. */
const spy = (like = bytes) => ({
  ...like,
  name: like.name,
  description: 'bytes',
  aims: false,
  prefix: like.prefix ?? 'none',
  encode: () => Buffer.from('x'),
  decode: () => null,
  write(...args) {
    take(...args);
    return like.write?.(...args);
  },
  view: (...args) => take(...args),
  accept: () => {},
});

/** Calls `fn` while a property of a built-in is another. */
function patched(object, key, replacement, fn) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  Object.defineProperty(object, key, { configurable: true, writable: true, value: replacement(descriptor.value) });
  try {
    return fn();
  } finally {
    Object.defineProperty(object, key, descriptor);
  }
}

function makeWorld() {
  const world = makeBlobs([100, 5000]);
  const rows = world.env.collection('rows', { key: uint32, value: struct({ a: t.u8, b: t.bytes }) });
  rows.put(1, { a: 1, b: content(20) });
  return { ...world, rows };
}

/** Opens a stored collection, and a new one, by codecs of the attack's, and reads in every way. */
function readBy(options, around = (fn) => fn()) {
  const { env } = makeWorld();
  const again = leasehold.open(env.path);
  for (const name of ['blobs', 'fresh']) {
    const collection = thrownOr(() => around(() => again.collection(name, options)));
    if (collection === undefined) continue;
    thrown(() => collection.put(100, content(100)));
    again.read((txn) => {
      thrown(() => collection.get(100, txn));
      thrown(() => [...collection.range({}, txn)].map((entry) => entry.key));
      thrown(() => [...collection.range({}, txn)].map((entry) => entry.value));
      thrown(() => collection.scan({}, (entry) => void [entry.key, entry.value], txn));
    });
    thrown(() => collection.get(100));
  }
  again.close();
}

function keepInScan(rows) {
  rows.scan({}, ({ value }) => void thrown(() => sinkOf(value).keep()));
}

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
  'a Collection on a core of the program': () => {
    const { env, blobs } = makeWorld();
    const txn = env.read();
    for (let guess = 0; guess < 320; guess++) {
      // An index, and behind it a generation.
      const handle = (guess % 80) + Math.floor(guess / 80) * 2 ** 20;
      for (let id = 0; id < 6; id++) {
        for (const scope of [
          { lends: false, handle },
          { lends: true, handle, open: true, get: (...args) => take(...args), lease: (...args) => take(...args) },
        ]) {
          const core = { current: scope, checkOpen() {}, windows: { at: () => new Uint8Array(9) } };
          const forged = {
            id,
            key: uint32,
            value: spy(),
            views: { key: (...args) => take(...args), value: (...args) => take(...args) },
            checkUsable() {},
            core,
            openCursor: () => handle,
            reading: (_, fn) => fn(scope),
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
  'a Range on a core of the program': () => {
    const { blobs } = makeWorld();
    const core = {
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
            { core, openCursor: (...args) => take(...args), count: (...args) => take(...args) },
            {},
          ),
      );
      if (forged === undefined) continue;
      thrown(() => forged[Symbol.iterator]().next());
      thrown(() => forged.count());
      thrown(() =>
        new (forged[Symbol.iterator]().constructor)(
          { core, openCursor: (...args) => take(...args) },
          {},
          undefined,
          undefined,
          0,
        ).next(),
      );
    }
  },
};

function thrownOr(fn) {
  try {
    return fn();
  } catch {
    return undefined;
  }
}

const cases = Object.entries(attacks).map(([name, attack]) => ({
  name,
  run() {
    loot = [];
    attack();
    check(loot.length === 0, [...new Set(loot)].join(', '));
  },
}));

cases.push(
  {
    name: 'a codec that is given a writer of the program reads nothing after the end',
    run() {
      const { env, blobs } = makeWorld();
      const txn = env.read({ onEnd: 'invalidate' });
      const value = blobs.get(100, txn);
      const target = new Uint8Array(10_000);
      const reserve = () => {
        txn.end();
        for (let i = 0; i < 20; i++) blobs.put(100, Buffer.alloc(100, 0));
      };
      thrown(() => bytes.write(value, { position: 0, bytes: target, reserve }));
      check(
        target.every((byte) => byte === 0) || Buffer.from(target.subarray(0, 100)).equals(content(100)),
        'it read other bytes',
      );
    },
  },
  {
    name: 'a Key on a lease of the program compares nothing after the end',
    run() {
      const { env } = makeWorld();
      const keys = env.collection('keys', { key: tuple, value: utf8 });
      keys.put(['a'.repeat(50)], 'x');
      const txn = env.read({ onEnd: 'invalidate' });
      const [key] = keys.range({}, txn).keys().toArray();
      const memory = new Uint8Array(100);
      const lease = {
        keys: memory,
        values: memory,
        base: 0,
        turn: 0,
        state: 'shared',
        get table() {
          env.close();
          return [0, 100, 0, 100];
        },
      };
      const forged = thrownOr(() => new Key(lease, 0, null));
      if (forged === undefined) return;
      for (const compare of [
        () => forged.startsWith(key),
        () => forged.compare(key),
        () => key.equals(forged),
        () => key.startsWith(forged),
      ]) {
        const error = thrown(compare);
        check(error?.code === 'ERR_INVALID_ARG_TYPE' || error?.code === 'ERR_LEASE_EXPIRED', `it gave ${error}`);
      }
    },
  },
  {
    name: 'what a patched getter is handed cannot be detached under native code',
    async run() {
      const { env, blobs } = makeWorld();
      const prototype = Object.getPrototypeOf(Uint8Array.prototype);
      const { get } = Object.getOwnPropertyDescriptor(prototype, 'length');
      const handed = new Set();
      const spied = {
        configurable: true,
        get() {
          handed.add(this);
          return get.call(this);
        },
      };
      Object.defineProperty(prototype, 'length', spied);
      const byteLength = Object.getOwnPropertyDescriptor(prototype, 'byteLength');
      Object.defineProperty(prototype, 'byteLength', {
        configurable: true,
        get() {
          handed.add(this);
          return byteLength.get.call(this);
        },
      });
      const texts = env.collection('texts', { key: tuple, value: utf8 });
      texts.put(['x'.repeat(100)], 'y'.repeat(5000));
      env.read(() => [...texts.range({})].map(({ value }) => value));
      Object.defineProperty(prototype, 'length', { configurable: true, get });
      Object.defineProperty(prototype, 'byteLength', byteLength);
      for (const array of handed)
        check(
          get.call(array) < 10_000 || array.buffer.byteLength < 40_000,
          `${get.call(array)} bytes of the library were handed out`,
        );
      sameBytes(blobs.get(100).toBuffer(), content(100), 'a Value');
    },
  },
  {
    name: 'a transaction ends whatever was done to its Buffers',
    run() {
      if (!isNode) return;
      const { env, blobs } = makeWorld();
      for (const size of [100, 5000]) {
        const txn = env.read({ onEnd: 'invalidate' });
        const buffer = blobs.getBuffer(size, txn);
        const value = blobs.get(size, txn);
        const shared = value.state === 'shared';
        markAsUntransferable(buffer.buffer);
        Object.freeze(buffer.buffer);
        txn.end();
        same(txn.state, 'ended', 'state');
        if (shared) same(value.state, 'expired', 'state');
      }
    },
  },
);

export { cases };
