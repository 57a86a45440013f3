import { describe, expect, test } from 'vitest';
import {
  bytes,
  hashJoin,
  json,
  Key,
  KeyMap,
  mergeJoin,
  open,
  sinkOf,
  struct,
  t,
  tuple,
  uint32,
  utf8,
  type Value,
} from '../../lib/index.ts';
import { openTemporary, temporaryFolder, untyped } from '../support/fixture.ts';
import { badValues } from './bad-values.ts';

const Row = struct({ n: t.u32, s: t.utf8, b: t.bytes, d: t.date, i: t.i64, o: t.optional(t.f64), y: t.bool });
const env = openTemporary({ mapSize: 2 ** 28 });
const other = openTemporary();
const collections = {
  tuple: env.collection('tuple', { key: tuple, value: json }),
  utf8: env.collection('utf8', { key: utf8, value: utf8 }),
  bytes: env.collection('bytes', { key: bytes, value: bytes }),
  uint32: env.collection('uint32', { key: uint32, value: Row }),
  pairs: env.collection('pairs', { key: tuple, value: tuple, dupSort: true }),
};
type AnyCollection = (typeof collections)['tuple'];
const row = { n: 1, s: '', b: Buffer.of(1), d: new Date(0), i: 1n, y: true };
const good: [string, unknown, unknown][] = [
  ['tuple', ['a', 1], { a: 1 }],
  ['utf8', 'a', 'value'],
  ['bytes', Buffer.from('a'), Buffer.from('value')],
  ['uint32', 1, row],
  ['pairs', ['a', 1], ['b', 2]],
];

type Call = (bad: never) => unknown;
const operations: Record<string, Call> = {
  'open(path)': (bad) => open(bad, { readOnly: true }),
  'open(options)': (bad) => open(other.path, bad).close(),
  'env.collection(name)': (bad) => env.collection(bad, { create: false }),
  'env.collection(options)': (bad) => env.collection('tuple', bad),
  'env.read(first)': (bad) => (env.read(bad) as { end?: () => void } | undefined)?.end?.(),
  'env.read(fn, second)': (bad) => env.read(() => {}, bad),
  'env.write(fn)': (bad) => env.write(bad),
  'env.resize(size)': (bad) => other.resize(bad),
  'Key.of(part)': (bad) => Key.of(bad),
  'Key.of(nested part)': (bad) => Key.of(['a', [bad]]),
  'Key.fromBytes': (bad) => Key.fromBytes(bad).length,
  'Key.fromHex': (bad) => Key.fromHex(bad),
  sinkOf: (bad) => sinkOf(bad),
  struct: (bad) => struct(bad),
  'struct({ field })': (bad) => struct({ field: bad }),
  't.optional': (bad) => t.optional(bad),
};
for (const name of ['mapSize', 'maxCollections', 'maxReaders', 'readOnly', 'durability', 'memory', 'onEnd']) {
  operations[`open({ ${name} })`] = (bad) => {
    if (name === 'readOnly' && (bad as unknown) === true) return;
    open(temporaryFolder(), { [name]: bad }).close();
  };
}
for (const name of ['key', 'value', 'dupSort', 'create']) {
  operations[`env.collection({ ${name} })`] = (bad) => env.collection('utf8', { [name]: bad } as never);
}
operations['env.read({ onEnd })'] = (bad) => env.read({ onEnd: bad }).end();
for (const [name, key, value] of good) {
  const items = collections[name as 'tuple'] as AnyCollection;
  const keyed: Record<string, (key: never) => unknown> = {
    get: (bad) => items.get(bad),
    has: (bad) => items.has(bad),
    del: (bad) => items.del(bad),
    getBuffer: (bad) => env.read((txn) => items.getBuffer(bad, txn)),
    'get in a transaction': (bad) => env.read((txn) => items.get(bad, txn)),
    'getMany([key])': (bad) => items.getMany([key as never, bad]),
    put: (bad) => items.put(bad, value as never),
    putNew: (bad) => items.putNew(bad, value as never),
    append: (bad) => items.append(bad, value as never),
  };
  for (const bound of ['gt', 'gte', 'lt', 'lte', 'prefix']) {
    keyed[`range({ ${bound} })`] = (bad) => items.range({ [bound]: bad }).toArray();
  }
  const others: Record<string, (bad: never) => unknown> = {
    getMany: (bad) => items.getMany(bad),
    'put(value)': (bad) => items.put(key as never, bad),
    'putNew(value)': (bad) => items.putNew(key as never, bad),
    'get(txn)': (bad) => items.get(key as never, bad),
    'getMany(txn)': (bad) => items.getMany([key as never], bad),
    'has(txn)': (bad) => items.has(key as never, bad),
    'getBuffer(txn)': (bad) => items.getBuffer(key as never, bad),
    'put(txn)': (bad) => items.put(key as never, value as never, bad),
    'del(txn)': (bad) => items.del(key as never, bad),
    'clear(txn)': (bad) => bad !== undefined && items.clear(bad),
    'drop(txn)': (bad) => bad !== undefined && items.drop(bad),
    'stat(txn)': (bad) => items.stat(bad),
    'range(txn)': (bad) => items.range({}, bad).toArray(),
    'scan(txn)': (bad) => items.scan({}, () => {}, bad),
    'count(txn)': (bad) => items.count({}, bad),
    'range(options)': (bad) => items.range(bad).toArray(),
    'scan(options)': (bad) => items.scan(bad, () => {}),
    'scan(fn)': (bad) => items.scan({}, bad),
    'count(options)': (bad) => items.count(bad),
    'range({ reverse })': (bad) => items.range({ reverse: bad }).toArray(),
    'range({ limit })': (bad) => items.range({ limit: bad }).toArray(),
    'range({ onEnd })': (bad) => items.range({ onEnd: bad }).toArray(),
    'take(count)': (bad) => items.range().take(bad).toArray(),
    'map(fn)': (bad) => items.range().map(bad).toArray(),
    'filter(fn)': (bad) => items.range().filter(bad).toArray(),
    'forEach(fn)': (bad) => items.range().forEach(bad),
  };
  for (const [called, call] of Object.entries({ ...keyed, ...others })) operations[`${name}: ${called}`] = call;
}
for (const field of Object.keys(row).concat('o')) {
  operations[`uint32: put({ ${field} })`] = (bad) => collections.uint32.put(1, { ...row, [field]: bad } as never);
}
const pairCalls: Record<string, Call> = {
  getAll: (bad) => collections.pairs.getAll(bad).toArray(),
  'getAll(txn)': (bad) => collections.pairs.getAll(['a', 1], bad).toArray(),
  hasValue: (bad) => collections.pairs.hasValue(bad, ['b', 2]),
  'hasValue(value)': (bad) => collections.pairs.hasValue(['a', 1], bad),
  'hasValue(txn)': (bad) => collections.pairs.hasValue(['a', 1], ['b', 2], bad),
  delValue: (bad) => collections.pairs.delValue(bad, ['b', 2]),
  'delValue(value)': (bad) => collections.pairs.delValue(['a', 1], bad),
  'delValue(txn)': (bad) => collections.pairs.delValue(['a', 1], ['b', 2], bad),
};
for (const [called, call] of Object.entries(pairCalls)) operations[`pairs: ${called}`] = call;
const key = Key.of('a', Buffer.from('x'), [1]);
const value = key.at(1);
const sinkCalls = { compare: 'compare', equals: 'equals', byteAt: 'byteAt' } as const;
for (const [name, sink] of [
  ['Key', key],
  ['Value', value],
] as const) {
  for (const method of Object.values(sinkCalls))
    operations[`${name}.${method}`] = (bad) => (sink as Value)[method](bad);
}
operations['Key.at'] = (bad) => key.at(bad);
operations['Key.slice(from)'] = (bad) => key.slice(bad);
operations['Key.slice(0, to)'] = (bad) => key.slice(0, bad);
operations['Key.startsWith'] = (bad) => key.startsWith(bad);

const joined = { range: collections.utf8.range(), on: 'key' } as const;
for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
  const pairs = (options: object) => {
    const found = join(options as never);
    return [[...found], found.count()];
  };
  const sides: Record<string, (bad: never) => unknown> = {
    options: (bad) => pairs(bad),
    build: (bad) => pairs({ build: bad, probe: joined }),
    'build.range': (bad) => pairs({ build: { range: bad, on: 'key' }, probe: joined }),
    'probe.range': (bad) => pairs({ build: joined, probe: { range: bad, on: 'key' } }),
    'build.on': (bad) => pairs({ build: { ...joined, on: bad }, probe: joined }),
    'both.on': (bad) => pairs({ build: { ...joined, on: bad }, probe: { ...joined, on: bad } }),
    'on: [bad]': (bad) => pairs({ build: { ...joined, on: [bad] }, probe: joined }),
    'on: { key }': (bad) => pairs({ build: { range: collections.tuple.range(), on: { key: bad } }, probe: joined }),
    'on: { field }': (bad) =>
      pairs({ build: { range: collections.uint32.range(), on: { field: bad } }, probe: joined }),
    type: (bad) => pairs({ build: joined, probe: joined, type: bad }),
    maxTableBytes: (bad) => pairs({ build: joined, probe: joined, maxTableBytes: bad }),
  };
  for (const [part, call] of Object.entries(sides)) operations[`${name}(${part})`] = call;
}
const map = new KeyMap([[key, 1]]);
operations['new KeyMap'] = (bad) => new KeyMap(bad);
operations['new KeyMap([entry])'] = (bad) => new KeyMap([bad]);
operations['new KeyMap([[key, value]])'] = (bad) => new KeyMap([[bad, bad]]);
for (const method of ['set', 'get', 'has', 'delete'] as const) {
  operations[`KeyMap.${method}`] = (bad) => map[method](bad, bad);
}
operations['KeyMap.forEach(fn)'] = (bad) => map.forEach(bad);

/** Calls that may pass on what using a function given to them throws. */
const CALLED = /\(fn\)|env\.read\(first\)|env\.write/;
/** Calls that may pass on what the iteration of their argument throws. */
const ITERATED = /: getMany$|new KeyMap$/;

describe('every public call, given any value for any of its arguments,', () => {
  const bad = badValues();

  test.each(Object.entries(operations))('%s works or throws an error that is documented', (name, call) => {
    const wrong: Record<string, string> = {};
    for (const [title, given] of Object.entries(bad)) {
      if (CALLED.test(name) && typeof given === 'function') continue;
      try {
        call(given as never);
      } catch (error) {
        const problem = untyped(error);
        const own = ITERATED.test(name) && typeof given === 'object' && given !== null && Symbol.iterator in given;
        if (problem !== undefined && !own) wrong[title] = problem;
      }
    }
    expect(wrong).toEqual({});
  });

  test('leaves the database as sound as it was', () => {
    for (const [name, key, value] of good) {
      const items = collections[name as 'tuple'] as AnyCollection;
      items.put(key as never, value as never);
      expect(items.has(key as never)).toBe(true);
      expect(items.range().count()).toBe(items.range().toArray().length);
    }
    expect(env.collections()).toEqual(['bytes', 'pairs', 'tuple', 'uint32', 'utf8']);
    env.resize();
    expect(env.counters().snapshots).toBe(0);
  });
});

describe('a method taken from its object', () => {
  test.each<[string, object]>([
    ['Environment', env],
    ['Collection', collections.utf8],
    ['Range', collections.utf8.range()],
    ['Range iterator', collections.utf8.range()[Symbol.iterator]()],
    ['ReadTransaction', openTemporary().read()],
    ['Key', key],
    ['Value', value as object],
    ['sink of a view', sinkOf(Object.create(null, {}) && makeView())],
    ['Join', hashJoin({ build: joined, probe: joined })],
    ['Join iterator', mergeJoin({ build: joined, probe: joined })[Symbol.iterator]()],
    ['Join async iterator', hashJoin({ build: joined, probe: joined })[Symbol.asyncIterator]()],
    ['KeyMap', map],
    ['KeyMap iterator', map.entries()],
  ])('%s: throws a TypeError on a wrong this, and nothing crashes', (_, object) => {
    const prototype = Object.getPrototypeOf(object) as object;
    for (const name of Reflect.ownKeys(prototype)) {
      const { value: method, get } = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      if (name === 'constructor') continue;
      for (const wrong of [undefined, null, 7, {}, prototype, Object.create(prototype)]) {
        for (const fn of [method, get]) {
          if (typeof fn !== 'function') continue;
          try {
            const given = Reflect.apply(fn as () => unknown, wrong, [() => {}, () => {}, undefined]);
            if (given instanceof Promise) given.catch((error) => expect(error).toBeInstanceOf(Error));
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        }
      }
    }
  });
});

function makeView(): object {
  collections.uint32.put(7, row);
  return collections.uint32.get(7) as object;
}

test('classes that only the library makes refuse to be made by a program', () => {
  using txn = env.read();
  for (const object of [env, txn]) {
    const Class = object.constructor as new (argument: unknown) => unknown;
    for (const argument of [undefined, {}, object]) {
      let error: unknown;
      try {
        new Class(argument);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(TypeError);
    }
  }
});
