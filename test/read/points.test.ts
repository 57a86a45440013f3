import { describe, expect, test } from 'vitest';
import { bytes, json, type Key, struct, t, tuple, uint32, utf8, type Value } from '../../lib/index.ts';
import { codeOf, collectionOf, thrown } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';

const text = (value: Value | undefined): string | undefined => value?.toBuffer().toString();

describe('put, get, has, del', () => {
  test('store, replace, find and remove', () => {
    const { items } = collectionOf({ key: tuple, value: json });
    expect([items.get(['a']), items.has(['a']), items.del(['a'])]).toEqual([undefined, false, false]);
    items.put(['a'], 1);
    items.put(['a'], { two: 2 });
    expect([items.get(['a']), items.has(['a'])]).toEqual([{ two: 2 }, true]);
    expect([items.del(['a']), items.del(['a']), items.has(['a'])]).toEqual([true, false, false]);
  });

  test('take a key or a value that was read, as it is', () => {
    const { env, items } = collectionOf({ key: tuple, value: bytes });
    const Row = struct({ id: t.u32, data: t.bytes });
    const rows = env.collection('rows', { key: bytes, value: Row });
    items.put(['a', 1], Buffer.from('content'));
    env.read((txn) => {
      const { key, value } = items.range({}, txn).toArray()[0] as { key: Key; value: Value };
      items.put(key.slice(0, 1), value);
      rows.put(key, { id: 7, data: value });
      rows.put(value, { id: 8, data: key });
      expect(items.get(key, txn)).toBeDefined();
    });
    expect(
      items
        .range()
        .keys()
        .map((key) => key.toArray())
        .toArray(),
    ).toEqual([['a'], ['a', 1]]);
    expect(text(items.get(['a']))).toBe('content');
    expect(text(rows.get(Buffer.from('content'))?.data)).not.toBe('content');
    expect(
      rows
        .range()
        .values()
        .map((row) => row.id)
        .toArray()
        .sort(),
    ).toEqual([7, 8]);
  });

  test.each([0, 1, 1024, 2047, 4096, 65_536, 70_000, 2 ** 20, 20 * 2 ** 20])('a value of %i bytes', (size) => {
    const { env, items } = collectionOf({ key: uint32, value: bytes });
    const value = Buffer.alloc(size, 'leasehold');
    items.put(1, value);
    items.put(2, Buffer.from('behind it'));
    expect(items.get(1)?.equals(value)).toBe(true);
    env.read((txn) => {
      expect(items.get(1, txn)?.equals(value)).toBe(true);
      expect(items.getMany([2, 1], txn)[1]?.equals(value)).toBe(true);
      expect(items.range({}, txn).toArray()[0]?.value.equals(value)).toBe(true);
      items.scan({ limit: 1 }, (entry) => expect(entry.value.equals(value)).toBe(true), txn);
    });
    env.write((txn) => {
      expect(items.get(1, txn)?.equals(value)).toBe(true);
      expect(items.range({}, txn).toArray()[0]?.value.equals(value)).toBe(true);
    });
  });

  test.each([1, 510, 511])('a key of %i bytes', (size) => {
    const { env, items } = collectionOf({ key: bytes, value: utf8 });
    const key = Buffer.alloc(size, 'k');
    items.put(key, 'here');
    expect([items.get(key), items.has(key)]).toEqual(['here', true]);
    env.read(() => expect(items.range().keys().toArray()[0]?.equals(key)).toBe(true));
    expect(items.del(key)).toBe(true);
  });

  test.each([0, 512, 5000, 100_000])('a key of %i bytes is ERR_KEY_SIZE wherever one is named', (size) => {
    const { env, items } = collectionOf({ key: bytes, value: utf8 });
    const key = Buffer.alloc(size, 'k');
    items.put(Buffer.from('other'), 'stays');
    const uses: (() => unknown)[] = [
      () => items.put(key, ''),
      () => items.putNew(key, ''),
      () => items.append(key, ''),
      () => items.get(key),
      () => items.has(key),
      () => items.getMany([Buffer.from('other'), key]),
      () => items.del(key),
      () => env.read((txn) => items.get(key, txn)),
      () => env.read((txn) => items.getMany([key], txn)),
      () => env.read((txn) => items.getBuffer(key, txn)),
    ];
    for (const use of uses) {
      const error = thrown(use);
      expect([error.code, error.message.includes(String(size))]).toEqual(['ERR_KEY_SIZE', true]);
    }
    expect(items.count()).toBe(1);
  });
});

describe('putNew and append', () => {
  test('putNew stores only what is absent', () => {
    const { items } = collectionOf({ key: utf8, value: utf8 });
    expect([items.putNew('a', '1'), items.putNew('a', '2'), items.get('a')]).toEqual([true, false, '1']);
    items.del('a');
    expect([items.putNew('a', '3'), items.get('a')]).toEqual([true, '3']);
  });

  test('append stores behind the last, and refuses any other place', () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    for (const key of [1, 5, 6]) items.append(key, 'x');
    for (const key of [6, 5, 2, 0]) expect(codeOf(() => items.append(key, 'y'))).toBe('ERR_KEY_ORDER');
    env.write(() => {
      items.append(7, 'x');
      expect(codeOf(() => items.append(7, 'y'))).toBe('ERR_KEY_ORDER');
      items.append(8, 'x');
    });
    expect(
      items
        .range()
        .map(({ key, value }) => `${key}${value}`)
        .toArray(),
    ).toEqual(['1x', '5x', '6x', '7x', '8x']);
  });
});

describe('getMany()', () => {
  const { env, items } = collectionOf({ key: uint32, value: bytes });
  const contentOf = (i: number): Buffer => Buffer.alloc(i % 1000 === 0 ? 9000 : 5 + (i % 90), `value ${i}`);
  env.write(() => {
    for (let i = 0; i < 20_000; i += 2) items.append(i, contentOf(i));
  });
  const expected = (keys: number[]): (string | undefined)[] =>
    keys.map((key) => (key % 2 === 0 && key < 20_000 ? contentOf(key).toString() : undefined));

  test.each<[string, number[]]>([
    ['none', []],
    ['one', [4]],
    ['an absent one', [5]],
    ['only absent ones', [1, 3, 99_999, 5]],
    ['the same one again and again', [8, 8, 9, 8, 9, 8]],
    ['more than a lease holds', Array.from({ length: 2000 }, (_, i) => i)],
    ['more than a table holds', Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 25_000)],
    ['all of them from the last to the first', Array.from({ length: 20_002 }, (_, i) => 20_001 - i)],
  ])('of %s gives what get() gives, in their order', (_, keys) => {
    const wanted = expected(keys);
    expect(items.getMany(keys).map(text)).toEqual(wanted);
    env.read((txn) => {
      // Between other reads of the same transaction, which share row tables and leases with getMany().
      const before = items.get(16, txn);
      const values = items.getMany(keys, txn);
      const after = items.get(18, txn);
      const again = items.getMany(new Set(keys.slice(0, 10)), txn);
      expect([text(before), text(after)]).toEqual([contentOf(16).toString(), contentOf(18).toString()]);
      expect(values.map(text)).toEqual(wanted);
      expect(again.map(text)).toEqual(expected([...new Set(keys.slice(0, 10))]));
    });
    env.write((txn) => expect(items.getMany(keys, txn).map(text)).toEqual(wanted));
  });

  test('takes any iterable, whose code may read as well', () => {
    const keys = function* (): Generator<number> {
      for (const key of items.range({ limit: 5 }).keys()) {
        yield key;
        expect(text(items.get(key))).toBe(contentOf(key).toString());
      }
    };
    env.read(() => expect(items.getMany(keys()).map(text)).toEqual(expected([0, 2, 4, 6, 8])));
  });

  test('passes on what its iterable throws, and refuses what is none', () => {
    const failing = function* (): Generator<number> {
      yield 2;
      throw new Error('mine');
    };
    expect(() => items.getMany(failing())).toThrow('mine');
    for (const wrong of [undefined, null, 7, 'text', {}]) {
      expect(codeOf(() => items.getMany(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(codeOf(() => items.getMany([2, 'two'] as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(text(items.get(2))).toBe(contentOf(2).toString());
  });
});

describe('point reads of one transaction', () => {
  lendingTest('interleaved with all others, stay right', async () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes });
    const others = env.collection('others', { key: utf8, value: utf8 });
    env.write(() => {
      for (let i = 0; i < 3000; i++) items.append(i, Buffer.alloc(i % 100 === 99 ? 6000 : 20, `${i} `));
      for (let i = 0; i < 50; i++) others.put(`key ${i}`, `other ${i}`);
    });
    const txns = [env.read(), env.read(), env.read({ onEnd: 'invalidate' })];
    const held: [number, Value][] = [];
    const lost: Value[] = [];
    for (let i = 0; i < 9000; i++) {
      const key = (i * 7919) % 3000;
      const txn = txns[i % 3];
      const value = items.get(key, txn) as Value;
      if (i % 3 === 2) lost.push(value);
      else held.push([key, value]);
      if (i % 10 === 0) expect(others.get(`key ${i % 50}`, txn)).toBe(`other ${i % 50}`);
      if (i % 37 === 0) items.range({ gt: key, limit: 20 }, txn).toArray();
      if (i % 41 === 0) items.getMany([1, 2, 9999, 99], txn);
      if (i % 43 === 0) items.scan({ limit: 3 }, () => void items.get(key, txn), txn);
    }
    const right = ([key, value]: [number, Value]): boolean =>
      value.equals(Buffer.alloc(key % 100 === 99 ? 6000 : 20, `${key} `));
    expect(held.every(right)).toBe(true);
    for (const txn of txns) txn.end();
    env.write(() => items.clear());
    await Promise.all(txns.map((txn) => txn.drained));
    for (let i = 0; i < 300; i++) items.put(i, Buffer.alloc(3000, 'other'));
    expect(held.every(right)).toBe(true);
    expect(lost.every(({ state }) => state === 'expired')).toBe(true);
  });
});

describe('clear() and stat()', () => {
  test('clear() removes all entries and keeps the collection', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes });
    env.write(() => {
      for (let i = 0; i < 500; i++) items.put(i, Buffer.alloc(100));
    });
    const txn = env.read();
    items.clear();
    expect([items.count(), items.stat().entries, items.stat(txn).entries, items.count({}, txn)]).toEqual([
      0, 0, 500, 500,
    ]);
    txn.end();
    items.clear();
    expect(items.stat()).toEqual({
      pageSize: 4096,
      depth: 0,
      branchPages: 0,
      leafPages: 0,
      overflowPages: 0,
      entries: 0,
    });
    expect(env.collections()).toEqual(['items']);
  });

  test('clear() is undone with its transaction', () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    items.put(1, 'x');
    thrown(() =>
      env.write(() => {
        items.clear();
        items.put(2, 'y');
        throw new Error('undo');
      }),
    );
    expect(items.range().keys().toArray()).toEqual([1]);
  });
});
