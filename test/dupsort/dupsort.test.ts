import { describe, expect, test } from 'vitest';
import { bytes, json, Key, struct, t, tuple, tupleOf, uint32, utf8, Value } from '../../lib/index.ts';
import { codeOf, collectionOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const world = () => collectionOf({ key: utf8, value: uint32, dupSort: true });

function filled() {
  const made = world();
  made.env.write(() => {
    for (const [key, value] of [
      ['b', 7],
      ['a', 3],
      ['a', 300],
      ['a', 1],
      ['c', 2],
      ['c', 1],
    ] as const) {
      made.items.put(key, value);
    }
  });
  return made;
}

const pairs = [
  ['a', 1],
  ['a', 3],
  ['a', 300],
  ['b', 7],
  ['c', 1],
  ['c', 2],
];

describe('a collection with several values a key', () => {
  test('gives every pair, in the order of keys and then of values', () => {
    const { env, items } = filled();
    using txn = env.read();
    const read = (options: object) => items.range(options, txn).map(({ key, value }) => [key, value]);
    expect(read({}).toArray()).toEqual(pairs);
    expect(read({ reverse: true }).toArray()).toEqual([...pairs].reverse());
    expect(read({ gt: 'a' }).toArray()).toEqual(pairs.slice(3));
    expect(read({ lte: 'a', reverse: true, limit: 2 }).toArray()).toEqual([pairs[2], pairs[1]]);
    expect(read({ limit: 2 }).toArray()).toEqual(pairs.slice(0, 2));
    const scanned: unknown[] = [];
    items.scan({ lt: 'c' }, ({ key, value }) => void scanned.push([key, value]), txn);
    expect(scanned).toEqual(pairs.slice(0, 4));
  });

  test('has an entry for each pair: keys(), values(), count() and stat() agree', () => {
    const { env, items } = filled();
    using txn = env.read();
    const range = items.range({ lt: 'c' }, txn);
    expect(range.keys().toArray()).toEqual(['a', 'a', 'a', 'b']);
    expect(range.values().toArray()).toEqual([1, 3, 300, 7]);
    expect(range.count()).toBe(4);
    expect(items.count({}, txn)).toBe(6);
    expect(items.count({ gte: 'a', lt: 'b' }, txn)).toBe(3);
    expect(items.count({ gt: 'a', limit: 2 }, txn)).toBe(2);
    expect(items.stat(txn).entries).toBe(6);
  });

  test('gives the first value of a key where one is asked for', () => {
    const { env, items } = filled();
    using txn = env.read();
    expect(items.get('a', txn)).toBe(1);
    expect(items.get('a')).toBe(1);
    expect(items.getMany(['c', 'x', 'a'], txn)).toEqual([1, undefined, 1]);
    expect(items.getBuffer('a', txn)).toEqual(Buffer.from([0, 0, 0, 1]));
    expect([items.has('a', txn), items.has('x', txn)]).toEqual([true, false]);
  });

  test('getAll() is a Range over the values of one key', async () => {
    const { env, items } = filled();
    using txn = env.read();
    const all = items.getAll('a', txn);
    expect([...all]).toEqual([1, 3, 300]);
    expect([...all]).toEqual([1, 3, 300]);
    expect(all.toArray()).toEqual([1, 3, 300]);
    expect(all.count()).toBe(3);
    expect(all.take(2).toArray()).toEqual([1, 3]);
    expect(all.map((value) => value * 2).toArray()).toEqual([2, 6, 600]);
    expect(all.filter((value) => value > 2).toArray()).toEqual([3, 300]);
    expect(all.keys().toArray()).toEqual(['a', 'a', 'a']);
    expect(all.values().toArray()).toEqual([1, 3, 300]);
    const awaited: number[] = [];
    for await (const value of items.getAll('a')) awaited.push(value);
    expect(awaited).toEqual([1, 3, 300]);
    expect(items.getAll('b').toArray()).toEqual([7]);
    expect(items.getAll('aa').toArray()).toEqual([]);
    expect(items.getAll('aa').count()).toBe(0);
    expect(env.read(() => items.getAll('c').toArray())).toEqual([1, 2]);
  });

  test('hasValue() and delValue() look at one of them', () => {
    const { items } = filled();
    expect([items.hasValue('a', 3), items.hasValue('a', 4), items.hasValue('x', 3)]).toEqual([true, false, false]);
    expect(items.delValue('a', 3)).toBe(true);
    expect(items.delValue('a', 3)).toBe(false);
    expect(items.delValue('x', 3)).toBe(false);
    expect(items.getAll('a').toArray()).toEqual([1, 300]);
    expect(items.delValue('b', 7)).toBe(true);
    expect(items.has('b')).toBe(false);
    expect(items.count()).toBe(4);
  });

  test('put() adds a pair once, putNew() tells whether it did', () => {
    const { items } = filled();
    items.put('a', 3);
    expect(items.getAll('a').toArray()).toEqual([1, 3, 300]);
    expect([items.putNew('a', 3), items.putNew('a', 4), items.putNew('z', 4)]).toEqual([false, true, true]);
    expect(items.getAll('a').toArray()).toEqual([1, 3, 4, 300]);
    expect(items.count()).toBe(8);
  });

  test('a pair that is put again takes no room', () => {
    const { env, items } = filled();
    const before = items.stat().leafPages + env.info().lastPage;
    env.write(() => {
      for (let i = 0; i < 1000; i++) items.put('a', 3);
    });
    expect(items.stat().leafPages + env.info().lastPage).toBe(before);
  });

  test('append() takes pairs in order', () => {
    const { env, items } = world();
    env.write(() => {
      for (let key = 0; key < 20; key++) {
        for (let value = 0; value < 500; value++) items.append(`key ${key + 10}`, value);
      }
    });
    expect(items.count()).toBe(10_000);
    expect(items.getAll('key 11').toArray()).toEqual(Array.from({ length: 500 }, (_, i) => i));
    for (const [key, value] of [
      ['key 29', 499],
      ['key 29', 3],
      ['key 28', 1000],
    ] as const) {
      expect(thrown(() => items.append(key, value))).toMatchObject({
        code: 'ERR_KEY_ORDER',
        message: expect.stringContaining('pair'),
      });
    }
    expect(items.count()).toBe(10_000);
    items.append('key 29', 500);
    items.append('key 3', 0);
    expect(items.range({ gte: 'key 29' }).values().count()).toBe(502);
  });

  test('del() removes a key with all its values', () => {
    const { items } = filled();
    expect(items.del('a')).toBe(true);
    expect(items.del('a')).toBe(false);
    expect(items.getAll('a').toArray()).toEqual([]);
    expect(items.count()).toBe(3);
  });

  test('clear() and drop() remove all', () => {
    const { env, items } = filled();
    items.clear();
    expect([items.count(), items.stat().entries, items.get('a')]).toEqual([0, 0, undefined]);
    items.put('a', 2);
    items.drop();
    expect(env.collections()).toEqual([]);
    const again = env.collection('items', { key: utf8, value: json });
    again.put('a', { text: 'one value' });
    again.put('a', { text: 'another one' });
    expect(again.count()).toBe(1);
    expect(codeOf(() => items.getAll('a').toArray())).toBe('ERR_NO_COLLECTION');
  });
});

describe('values', () => {
  test.each([
    ['bytes', bytes, [Buffer.from('a'), Buffer.from('ab'), Buffer.from('b')]],
    ['utf8', utf8, ['a', 'ab', 'ä', '🐧']],
    ['uint32', uint32, [0, 255, 256, 2 ** 32 - 1]],
    ['tuple', tuple, [[null], ['a'], ['a', -1], ['a', 256], [3]]],
    [
      'tupleOf',
      tupleOf<[string, number]>(),
      [
        ['a', -1],
        ['a', 256],
        ['b', 0],
      ],
    ],
  ] as const)('of the codec %s sort as they should', (_, value, inOrder) => {
    const { env, items } = collectionOf({ key: uint32, value: value as typeof bytes, dupSort: true });
    const all = inOrder as unknown as Uint8Array[];
    env.write(() => {
      for (const one of [...all].reverse()) items.put(1, one);
    });
    using txn = env.read();
    const plain = (view: unknown) =>
      view instanceof Key ? view.toArray() : view instanceof Value ? view.toBuffer() : view;
    expect(items.getAll(1, txn).map(plain).toArray()).toEqual(all);
    expect(all.map((one) => items.hasValue(1, one, txn))).toEqual(all.map(() => true));
    const scanned: unknown[] = [];
    items.scan({ reverse: true }, ({ value: view }) => void scanned.push(plain(view)), txn);
    expect(scanned).toEqual([...all].reverse());
  });

  test.each([
    ['json', json],
    ['struct', struct({ a: t.u8 })],
    ['mine', { name: 'mine', encode: (text: string) => Buffer.from(text), decode: String }],
  ])('of the codec %s are refused', (name, value) => {
    const env = openTemporary();
    const error = thrown(() => env.collection('items', { key: utf8, value: value as never, dupSort: true }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain(`'${name}'`);
    expect(error.message).toContain('use bytes, utf8, uint32, tuple');
    expect(env.collections()).toEqual([]);
  });

  test.each([0, 512, 5000])('of %d bytes are refused before anything is written', (size) => {
    const { items } = collectionOf({ key: utf8, value: bytes, dupSort: true });
    items.put('a', Buffer.alloc(511, 1));
    for (const call of ['put', 'putNew', 'append'] as const) {
      const error = thrown(() => items[call]('b', Buffer.alloc(size, 2)));
      expect(error).toMatchObject({ code: 'ERR_VALUE_SIZE', message: expect.stringContaining(`${size}`) });
    }
    expect([items.count(), items.get('a')?.byteLength]).toEqual([1, 511]);
    expect([items.hasValue('a', Buffer.alloc(size, 1)), items.delValue('a', Buffer.alloc(size, 1))]).toEqual([
      false,
      false,
    ]);
    items.put('a', Buffer.of(1));
    expect([items.hasValue('a', Buffer.alloc(size, 1)), items.delValue('a', Buffer.alloc(size, 1))]).toEqual([
      false,
      false,
    ]);
  });

  test('a value of a wrong size does not doom its transaction', () => {
    const { env, items } = collectionOf({ key: utf8, value: bytes, dupSort: true });
    env.write(() => {
      expect(codeOf(() => items.put('a', Buffer.alloc(600)))).toBe('ERR_VALUE_SIZE');
      items.put('a', Buffer.of(1));
    });
    expect(items.count()).toBe(1);
  });
});

describe('key codecs in the place of value codecs', () => {
  test('tuple and uint32 serve for the values of every collection', () => {
    const path = temporaryFolder();
    const env = openAt(path);
    const places = env.collection('places', { key: uint32, value: tupleOf<[country: string, city: string]>() });
    const numbers = env.collection('numbers', { key: utf8, value: uint32 });
    places.put(1, ['FR', 'Paris']);
    numbers.put('a', 4_000_000_000);
    using txn = env.read();
    const place = places.get(1, txn);
    expect(place).toBeInstanceOf(Key);
    expect([place?.at(1), place?.toArray(), place?.state]).toEqual([
      'Paris',
      ['FR', 'Paris'],
      env.counters().leases > 0 ? 'shared' : 'private',
    ]);
    expect(numbers.get('a', txn)).toBe(4_000_000_000);
    expect(codeOf(() => numbers.put('a', -1))).toBe('ERR_OUT_OF_RANGE');
    expect(thrown(() => numbers.put('a', 'b' as never)).message).toContain('a uint32 value');
    expect(thrown(() => places.put(1, ['FR', undefined] as never)).message).toContain('value[1]');
    expect(thrown(() => places.put(1, 5 as never)).message).toContain('value');
    txn.end();
    env.close();
    const again = openAt(path);
    expect((again.collection('places').get(1 as never) as Key).toArray()).toEqual(['FR', 'Paris']);
    expect(again.collection('numbers').get('a' as never)).toBe(4_000_000_000);
    expect(codeOf(() => openAt(path).collection('numbers', { key: utf8, value: utf8 }))).toBe('ERR_CODEC');
  });

  test('a stored value that is none is ERR_CODEC', () => {
    const { env } = collectionOf({ key: utf8, value: bytes });
    env.main.put(Buffer.from('a'), Buffer.from('abc'));
    const main = openAt(env.path).collection(null, { key: utf8, value: uint32 });
    expect(thrown(() => main.get('a'))).toMatchObject({ code: 'ERR_CODEC', message: expect.stringContaining('value') });
  });
});

describe('dupSort', () => {
  test('is what the collection was made with', () => {
    const path = temporaryFolder();
    const env = openAt(path);
    const many = env.collection('many', { key: utf8, value: utf8, dupSort: true });
    const one = env.collection('one', { key: utf8, value: utf8, dupSort: false });
    expect(env.collection('many', { key: utf8, value: utf8 })).toBe(many);
    expect(env.collection('one', { dupSort: false })).toBe(one);
    expect(codeOf(() => env.collection('many', { dupSort: false }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => env.collection('one', { dupSort: true }))).toBe('ERR_INVALID_ARG_VALUE');
    many.put('a', 'b');
    many.put('a', 'a');
    env.close();

    const again = openAt(path);
    const wrong = thrown(() => again.collection('many', { key: utf8, value: utf8, dupSort: false }));
    expect(wrong).toMatchObject({
      code: 'ERR_CODEC',
      message: expect.stringContaining("'many' was made with several"),
    });
    expect(codeOf(() => again.collection('one', { key: utf8, value: utf8, dupSort: true }))).toBe('ERR_CODEC');
    expect(
      again
        .collection('many')
        .getAll('a' as never)
        .toArray(),
    ).toEqual(['a', 'b']);
    expect(again.collection('one').count()).toBe(0);
    expect(again.collection('many', { dupSort: true })).toBe(again.collection('many'));
  });

  test('has calls that other collections refuse', () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8 });
    items.put('a', 'a');
    for (const call of [
      () => items.getAll('a'),
      () => items.hasValue('a', 'a'),
      () => items.delValue('a', 'a'),
      () => env.main.getAll(Buffer.from('a')),
    ]) {
      expect(thrown(call)).toMatchObject({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining('dupSort: true'),
      });
    }
  });

  test('is checked', () => {
    const env = openTemporary();
    expect(codeOf(() => env.collection('a', { dupSort: 1 } as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => env.collection('a', { dupsort: true } as never))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => env.collection(null, { dupSort: true }))).toBe('ERR_CODEC');
    expect(codeOf(() => env.collection('a', { create: false, dupSort: true }))).toBe('ERR_NO_COLLECTION');
  });

  test('a wrong key or value is refused', () => {
    const { items } = world();
    for (const key of ['', 'x'.repeat(512)]) {
      for (const call of [() => items.getAll(key), () => items.hasValue(key, 1), () => items.delValue(key, 1)]) {
        expect(codeOf(call)).toBe('ERR_KEY_SIZE');
      }
    }
    for (const call of [() => items.getAll(1 as never), () => items.hasValue('a', 'b' as never)]) {
      expect(codeOf(call)).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(codeOf(() => items.delValue('a', -1))).toBe('ERR_OUT_OF_RANGE');
  });
});
