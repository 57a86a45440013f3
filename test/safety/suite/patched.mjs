// Looks at everything that can be reached from the objects that a program is given, and at everything that the library
// passes to patched built-ins. None of it may be memory that was not lent, or an internal object of the library.
import { check, content, leasehold, nextTurn, temporaryFolder } from '../../buffers/suite/world.mjs';
import { found, looked, patchEverything } from './patch.mjs';
import { LARGEST, walk, wrongWith } from './walk.mjs';

const {
  open,
  bytes,
  double,
  hashJoin,
  json,
  Key,
  KeyMap,
  mergeJoin,
  msgpack,
  sinkOf,
  struct,
  t,
  tuple,
  uint32,
  utf8,
  Value,
} = leasehold;

/** The arguments that hostile codecs were called with. */
const given = [];
const hostile = {
  name: 'hostile',
  encode(value) {
    given.push(value, this);
    // Not a Buffer, whose memory would be Node's pool.
    return new TextEncoder().encode(String(value));
  },
  decode(stored) {
    given.push(stored, stored.buffer, this, new Error('here'));
    stored.fill(0);
    return { stored };
  },
};
const lazy = {
  name: 'hostile and lazy',
  lazy: true,
  encode: (value) => new TextEncoder().encode(String(value)),
  decode(value) {
    given.push(value, value.asBuffer().buffer, value.toBuffer().buffer);
    value.asBuffer().fill(0);
    return value;
  },
};

/** A Uint8Array whose getters lie about its size. */
class Liar extends Uint8Array {
  get length() {
    return 2 ** 20;
  }
  get buffer() {
    return content(10).buffer;
  }
  get byteOffset() {
    return -5;
  }
  get byteLength() {
    return 2 ** 20;
  }
  static get [Symbol.species]() {
    return function species(...args) {
      given.push(...args);
      return new Uint8Array(2 ** 20);
    };
  }
}
const keysOf = (array) =>
  new Proxy(array, {
    get(target, name, receiver) {
      given.push(target, receiver);
      return Reflect.get(target, name);
    },
  });

const City = struct({
  id: t.u32,
  name: t.utf8,
  data: t.bytes,
  when: t.optional(t.date),
  n: t.i64,
  f: t.f64,
  ok: t.bool,
  tags: t.list(t.utf8),
  parts: t.list(t.struct({ n: t.u8, raw: t.optional(t.bytes) })),
  place: t.optional(t.struct({ lat: t.f64, path: t.list(t.list(t.f64)) })),
});

const nested = (i) => ({
  tags: ['a', 'é'.repeat(i % 40)],
  parts: keysOf([{ n: 1 }, { n: 2, raw: content(i % 60) }]),
  place: { lat: i, path: [[1, 2], new Float64Array(3)] },
});

function makeWorld() {
  const env = open(temporaryFolder(), { durability: 'nosync', mapSize: 2 ** 28 });
  const world = {
    env,
    tuples: env.collection('tuples', { key: tuple, value: bytes }),
    cities: env.collection('cities', { key: uint32, value: City }),
    texts: env.collection('texts', { key: utf8, value: utf8 }),
    documents: env.collection('documents', { key: bytes, value: json }),
    packed: env.collection('packed', { key: uint32, value: msgpack }),
    hostile: env.collection('hostile', { key: uint32, value: hostile }),
    lazy: env.collection('lazy', { key: uint32, value: lazy }),
    pairs: env.collection('pairs', { key: uint32, value: tuple, dupSort: true }),
  };
  env.write(() => {
    for (let i = 0; i < 300; i++) {
      world.tuples.put(['t', i, content(20), ['nested', double(i)], 'x'.repeat(i)], content(i === 7 ? LARGEST : i));
      world.cities.put(i, {
        id: i,
        name: 'é'.repeat(i % 50),
        data: content(i),
        n: BigInt(i),
        f: i / 3,
        ok: true,
        ...nested(i),
      });
      world.texts.put(`text ${'y'.repeat(i)}`, 'ß'.repeat(i % 90));
      world.documents.put(Buffer.from([i >> 8, i]), { i, text: 'z'.repeat(i) });
      world.packed.put(i, { i, [`name${i % 40}`]: content(i) });
      world.hostile.put(i, `value ${i}`);
      world.lazy.put(i, `value ${i} ${'w'.repeat(i)}`);
      world.pairs.put(i % 7, ['p', i, content(i)]);
    }
  });
  return world;
}

/** One object of each kind that a program can hold. */
function hold({ env, ...collections }, txn) {
  const held = { env, txn, map: new KeyMap() };
  const errors = [];
  const attempt = (fn) => {
    try {
      return fn();
    } catch (error) {
      errors.push(error);
      return error;
    }
  };
  for (const [name, collection] of Object.entries(collections)) {
    held[name] = collection;
    const range = collection.range({ limit: 3 }, txn);
    held[`${name} range`] = range;
    held[`${name} mapped`] = range.map((entry) => entry);
    held[`${name} keys`] = range.keys();
    for (const [i, entry] of [...range].entries()) {
      held[`${name} entry ${i}`] = entry;
      held[`${name} key ${i}`] = entry.key;
      held[`${name} value ${i}`] = attempt(() => entry.value);
      attempt(() => {
        held[`${name} sink ${i}`] = sinkOf(entry.value);
      });
      for (const key of [entry.key, held[`${name} value ${i}`], held[`${name} sink ${i}`]]) {
        attempt(() => given.push(held.map.set(key, entry).get(key), held.map.has(key)));
      }
      held[`${name} buffer ${i}`] = attempt(() => collection.getBuffer(entry.key, txn));
    }
    collection.scan(
      { limit: 3 },
      (entry) => {
        given.push(
          entry,
          entry.key,
          attempt(() => entry.value),
          attempt(() => entry.key.keep()),
          attempt(() => sinkOf(entry.value).keep()),
          attempt(() => sinkOf(entry.value.parts).keep()),
          attempt(() => sinkOf(entry.value.place).keep()),
        );
      },
      txn,
    );
    attempt(() => {
      held[`${name} values`] = collection.getAll(0, txn);
      for (const value of collection.getAll(0, txn)) held[`${name} one of several`] = value;
      given.push(collection.hasValue(0, ['p', 0, content(0)], txn));
    });
    held[`${name} many`] = attempt(() => collection.getMany([[...range.keys()][0]], txn));
    attempt(() =>
      held.map.forEach((...entry) => {
        given.push(...entry);
      }),
    );
    held['map keys'] = held.map.keys();
    for (const wrong of [
      // msgpackr trusts the length, and allocates memory of that size.
      ...(name === 'packed' ? [] : [new Liar(4), keysOf([new Liar(4)])]),
      undefined,
      null,
      {},
      [],
      keysOf(['a', 1]),
      [
        {
          get length() {
            throw new Error('x');
          },
        },
      ],
      'x',
      Symbol('s'),
      new Proxy(new Uint8Array(3), {}),
    ]) {
      for (const call of ['set', 'get', 'has', 'delete']) attempt(() => given.push(held.map[call](wrong, wrong)));
      for (const call of [
        'get',
        'has',
        'getBuffer',
        'getMany',
        'count',
        'range',
        'scan',
        'put',
        'del',
        'getAll',
        'hasValue',
        'delValue',
      ]) {
        attempt(() => given.push(collection[call](wrong, call === 'scan' ? () => {} : txn)));
        attempt(() => given.push(collection[call](call === 'range' ? { gte: wrong } : wrong, wrong, wrong)));
      }
    }
  }
  for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
    for (const type of ['inner', 'left']) {
      const side = (from, on) => ({ range: from.range({ limit: 40 }, txn), on });
      const sides = {
        build: side(collections.cities, ['key', { field: 'id' }]),
        probe: side(collections.cities, [{ field: 'id' }, 'key']),
      };
      const pairs = attempt(() => join({ ...sides, type }));
      held[`${name} ${type}`] = pairs;
      held[`${name} ${type} pairs`] = attempt(() =>
        [...pairs].map((pair) => [pair, pair.build, pair.build.value.name]),
      );
      held[`${name} ${type} iterator`] = attempt(() => pairs[Symbol.iterator]());
      attempt(() => pairs.count());
    }
    attempt(() =>
      join({ build: { range: collections.texts.range({}, txn), on: keysOf([keysOf({ key: 0 })]) }, probe: 5 }),
    );
  }
  env.write((write) => {
    held.write = write;
    for (const [name, collection] of Object.entries(collections)) {
      for (const entry of collection.range({ limit: 2 }))
        given.push(
          entry,
          entry.key,
          attempt(() => entry.value),
        );
      if (name === 'packed') continue;
      attempt(() => collection.put(keysOf(['k', new Liar(3)]), new Liar(70)));
      attempt(() => collection.put(7, new Liar(2000)));
    }
  });
  held.own = Key.of('a', new Liar(4), [1, 2]);
  held.hex = Key.fromHex('00ff');
  held.codecs = { bytes, double, json, Key, msgpack, struct, t, tuple, uint32, utf8, Value, City };
  held.errors = errors;
  return held;
}

const STATES = ['open', 'ended', 'drained', 'closed'];

/** Brings an environment from state to state, and calls `look` in each state. */
async function liveThrough(onEnd, look) {
  const world = makeWorld();
  const txn = world.env.read({ onEnd });
  const held = hold(world, txn);
  for (const state of STATES) {
    if (state === 'ended') txn.end();
    if (state === 'drained') await txn.drained;
    if (state === 'closed') world.env.close();
    await nextTurn();
    look(held, state);
  }
}

// The walk calls async functions, and does not wait for the promises.
process.on('unhandledRejection', (reason) => given.push(reason));

const cases = [
  {
    name: 'nothing that can be reached leads to memory that was not lent, or to the internals',
    async run() {
      const complaints = [];
      for (const onEnd of ['copy', 'invalidate']) {
        await liveThrough(onEnd, (held, state) => {
          const { wrong, visited } = walk({ ...held, given: [...given] });
          complaints.push(...wrong.map((text) => `${onEnd}, ${state}: ${text}`));
          check(visited > 500, `only ${visited} objects were found`);
        });
      }
      check(complaints.length === 0, [...new Set(complaints)].slice(0, 20).join('\n'));
    },
  },
  {
    name: 'a stack that is looked at frame by frame shows nothing',
    run() {
      const seen = [];
      const { prepareStackTrace } = Error;
      Error.prepareStackTrace = (_, frames) => {
        for (const frame of frames) seen.push(frame.getThis(), frame.getFunction(), frame.getTypeName?.());
        return 'frames';
      };
      const world = makeWorld();
      const txn = world.env.read();
      for (const error of hold(world, txn).errors) void error.stack;
      Error.prepareStackTrace = prepareStackTrace;
      const wrong = seen.map(wrongWith).filter((complaint) => complaint !== undefined);
      check(wrong.length === 0, wrong.join('\n'));
      world.env.close();
    },
  },
  {
    name: 'no patched built-in is handed any of it',
    async run() {
      patchEverything();
      for (const onEnd of ['copy', 'invalidate']) {
        await looked(() => liveThrough(onEnd, () => {}));
      }
      const { wrong } = walk({ given });
      check(found.length === 0, [...new Set(found)].join('\n'));
      check(wrong.length === 0, [...new Set(wrong)].slice(0, 20).join('\n'));
    },
  },
];

export { cases };
