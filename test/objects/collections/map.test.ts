import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, tuple, uint32, utf8 } from '../../../lib/index.ts';
import { Counter, PersistentList, PersistentMap, PersistentSet, persistent, t } from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';
import { Item, stored } from './store.ts';

/** A map that is stored, and one that is not. */
const places = [
  ['stored', (map: PersistentMap<never, never>) => Object.assign(stored().root, { map }).map],
  ['not stored', (map: PersistentMap<never, never>) => map],
] as const;

describe.each(places)('a map that is %s', (_, place) => {
  const mapOf = <K, V>(options?: object): PersistentMap<K, V> => place(new PersistentMap(options) as never) as never;

  test('has the methods of a Map, in the order of its keys', () => {
    const map = mapOf<unknown, unknown>();
    expect(
      map
        .set('b', 2)
        .set('a', { x: [1] })
        .set(7, 'seven')
        .set(['FR', 17], null),
    ).toBe(map);
    expect([map.size, map.get('a'), map.get(7), map.has('b'), map.has('c'), map.get('c')]).toEqual([
      4,
      { x: [1] },
      'seven',
      true,
      false,
      undefined,
    ]);
    expect([...map.keys()]).toEqual(['a', 'b', ['FR', 17], 7]);
    expect([...map.values()]).toEqual([{ x: [1] }, 2, null, 'seven']);
    expect([...map]).toEqual([...map.entries()]);
    const seen: unknown[] = [];
    map.forEach(function (this: unknown, value, key, same) {
      seen.push([this, value, key, same === map]);
    }, 'self');
    expect(seen[1]).toEqual(['self', 2, 'b', true]);
    expect([map.delete('b'), map.delete('b'), map.size, map.get('b')]).toEqual([true, false, 3, undefined]);
    expect([JSON.stringify(map), inspect(map)]).toEqual([
      '{"7":"seven","a":{"x":[1]},"FR,17":null}',
      "Map(3) { 'a' => { x: [ 1 ] }, [ 'FR', 17 ] => null, 7 => 'seven' }",
    ]);
    map.clear();
    expect([map.size, [...map], map.get(7)]).toEqual([0, [], undefined]);
  });

  test.each([
    ['any', undefined, [['FR', 1], 'b', 'a', 3, 2, true, null]],
    ['tuple', tuple, [['b'], ['a', 2], ['a', 1], []]],
    ['utf8', utf8, ['b', '', 'ä', 'a\0', 'a']],
    ['uint32', uint32, [9, 0, 2 ** 32 - 1, 10]],
    ['bytes', bytes, [Uint8Array.of(1, 255), Uint8Array.of(1), new Uint8Array(700)]],
  ])('keys of the codec %s come out as they went in', (_name, key, keys) => {
    const map = mapOf<unknown, unknown>(key === undefined ? {} : { key });
    for (const each of keys) map.set(each, each);
    const read = [...map];
    expect(read).toHaveLength(keys.length);
    for (const [each, value] of read) expect(each).toEqual(value);
    for (const each of keys) expect([map.get(each), map.has(each)]).toEqual([each, true]);
    expect([...map.range({ reverse: true })]).toEqual(read.toReversed());
    expect(codeOf(() => map.set(Symbol('x'), 1))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('ranges have bounds, prefixes, an order, an offset and a limit', () => {
    const map = mapOf<unknown, number>();
    for (let n = 0; n < 20; n++) map.set(n, n);
    for (const key of ['a', 'ab', 'abc', 'b', ['FR'], ['FR', 1], ['FR', 1, 2], ['FX']]) map.set(key, -1);
    const keys = (options: object): unknown[] => [...map.keys(options)];
    expect(keys({ gte: 3, lt: 6 })).toEqual([3, 4, 5]);
    expect(keys({ gt: 3, lte: 6, reverse: true })).toEqual([6, 5, 4]);
    expect(keys({ gte: 0, reverse: true, offset: 2, limit: 3 })).toEqual([17, 16, 15]);
    expect(keys({ gte: 0, offset: 18, limit: 5 })).toEqual([18, 19]);
    expect(keys({ prefix: 'ab' })).toEqual(['ab', 'abc']);
    expect(keys({ prefix: ['FR'] })).toEqual([['FR'], ['FR', 1], ['FR', 1, 2]]);
    expect(keys({ prefix: ['FR', 1], reverse: true, limit: 1 })).toEqual([['FR', 1, 2]]);
    expect(keys({ gt: 6, lt: 3 })).toEqual([]);
    expect(keys({ limit: 0 })).toEqual([]);
    expect([map.count({ gte: 5 }), map.count({ prefix: 'a' }), map.count(), map.count({ gt: 9, lt: 3 })]).toEqual([
      15, 3, 28, 0,
    ]);
    expect([...map.values({ gte: 18 })]).toEqual([18, 19]);
    expect(codeOf(() => map.range({ prefix: 3 }))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => map.range({ gte: 3, step: 1 } as never))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => map.range({ limit: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(codeOf(() => map.range({ reverse: 1 } as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => map.range(null as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('pages go on where the last one ended, in both directions', () => {
    const map = mapOf<number, number>();
    for (let n = 0; n < 10; n++) map.set(n, 10 * n);
    for (const reverse of [false, true]) {
      const read: [number, number][] = [];
      let cursor: string | undefined;
      do {
        const page = map.page({ reverse, limit: 4, ...(cursor !== undefined && { cursor }) });
        read.push(...page.items);
        cursor = page.cursor;
        if (cursor !== undefined) map.delete(read.at(-1)?.[0] as number);
      } while (cursor !== undefined);
      expect(read).toEqual(
        [...(reverse ? [0, 1, 2, 4, 5, 6, 8, 9].toReversed() : Array(10).keys())].map((n) => [n, 10 * n]),
      );
    }
    expect(codeOf(() => map.page({} as never))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => map.page({ limit: 1, cursor: 'x' }))).toBe('ERR_INVALID_ARG_VALUE');
  });

  test('what cannot be stored is refused, with its path', () => {
    const map = mapOf<string, unknown>();
    expect(() => map.set('k', { a: [new Map()] })).toThrow(
      expect.objectContaining({ code: 'ERR_NOT_PERSISTENT', path: 'leasehold.Map.get("k").a[0]' }),
    );
    expect([map.size, map.has('k')]).toEqual([0, false]);
  });
});

test('a collection that was filled before it was stored is there in other programs', () => {
  const path = temporaryFolder();
  const store = stored(path);
  const map = new PersistentMap<string, unknown>({ key: utf8 });
  const set = new PersistentSet<number>({ key: uint32 });
  map.set('tags', ['a']).set('item', new Item({ n: 5 }));
  (map.get('tags') as string[]).push('b');
  set.add(3).add(1).add(3);
  map.set('set', set);
  store.root.map = map;
  expect([map.size, map.get('tags'), set.size]).toEqual([3, ['a', 'b'], 2]);
  store.close();
  const { root } = stored(path);
  expect([...root.map.keys()]).toEqual(['item', 'set', 'tags']);
  expect([root.map.get('tags'), root.map.get('item').n, [...root.map.get('set')]]).toEqual([['a', 'b'], 5, [1, 3]]);
});

test('a collection that was filled before it was stored can be used in the write that stores it', () => {
  const store = stored();
  const map = new PersistentMap<string, number>();
  const list = new PersistentList<number>();
  const counter = new Counter();
  const all = (): unknown => [[...map], map.size, map.get('a'), [...list], list.length, counter.value];
  map.set('a', 1).set('b', 2);
  list.push(1, 2);
  counter.add(5);
  const before = all();
  const storing = (fails: boolean) => () =>
    store.write(() => {
      Object.assign(store.root, { map, counter });
      if (fails) expect(all()).toEqual(before);
      store.write(() => {
        store.root.list = list;
        expect(all()).toEqual(before);
      });
      const inner = () =>
        store.write(() => {
          map.clear();
          list.pop();
          counter.add(1);
          throw new Error('inner');
        });
      expect(inner).toThrow('inner');
      expect(all()).toEqual(before);
      map.set('c', 3).delete('a');
      list.unshift(0);
      counter.add(2);
      if (fails) throw new Error('no');
    });
  expect(storing(true)).toThrow('no');
  expect(all()).toEqual(before);
  storing(false)();
  expect(all()).toEqual([
    [
      ['b', 2],
      ['c', 3],
    ],
    2,
    undefined,
    [0, 1, 2],
    3,
    7,
  ]);
});

test('a rollback leaves a collection as it was: entries, size, and what was read of it', () => {
  const store = stored();
  const map = new PersistentMap<string, unknown>();
  map.set('a', { n: [1] });
  const failing = (fn: () => void) => () =>
    store.write(() => {
      fn();
      throw new Error('no');
    });
  const store1 = failing(() => {
    store.root.map = map;
    map.set('b', 1);
  });
  expect(store1).toThrow('no');
  expect([[...map], store.root.map]).toEqual([[['a', { n: [1] }]], undefined]);
  store.root.map = map;
  expect(map.get('a')).toEqual({ n: [1] });
  let held: { n: number[] } | undefined;
  const change = failing(() => {
    map.set('b', 1).delete('a');
    map.set('a', { n: [5] });
    held = map.get('a') as typeof held;
    held?.n.push(6);
    expect([map.size, map.get('a')]).toEqual([2, { n: [5, 6] }]);
  });
  expect(change).toThrow('no');
  expect([map.size, [...map], map.get('b')]).toEqual([1, [['a', { n: [1] }]], undefined]);
  // Otherwise this change would be lost in silence.
  expect(() => held?.n.push(7)).toThrow(TypeError);
});

test('drafts of values belong to the write that has read them, also inside another one', () => {
  const store = stored();
  store.root.map = new PersistentMap();
  const map = store.root.map as PersistentMap<unknown, { list: unknown[] }>;
  store.write(() => {
    map.set(['a,b'], { list: [] }).set(['a', 'b'], { list: [] }).set('gone', { list: [] });
    map.get(['a,b'])?.list.push(1);
    map.get(['a', 'b'])?.list.push(2);
    expect(() =>
      store.write(() => {
        map.get(['a,b'])?.list.push('inner');
        throw new Error('no');
      }),
    ).toThrow('no');
    store.write(() => map.get(['a', 'b'])?.list.push(3));
    map.get('gone')?.list.push(4);
    map.delete('gone');
  });
  expect([...map]).toEqual([
    [['a', 'b'], { list: [2, 3] }],
    [['a,b'], { list: [1] }],
  ]);
  store.write(() => {
    map.get(['a,b'])?.list.push(4);
    map.clear();
  });
  expect([map.size, [...map]]).toEqual([0, []]);
  expect(() => store.root.map.set('x', { list: [] }).get('x').list.push(1)).toThrow(TypeError);
});

test('a Date and bytes as values, and inside of others, can be changed in place in a write', () => {
  const store = stored();
  const map = new PersistentMap<string, unknown>();
  map
    .set('date', new Date(1))
    .set('bytes', Uint8Array.of(1))
    .set('nested', { at: [new Date(1)], bytes: Uint8Array.of(1) });
  const change = (): void => {
    (map.get('date') as Date).setTime((map.get('date') as Date).getTime() + 1);
    const bytes = map.get('bytes') as Uint8Array;
    bytes[0] = (bytes[0] as number) + 1;
    const nested = map.get('nested') as { at: Date[]; bytes: Uint8Array };
    nested.at[0]?.setTime(nested.at[0].getTime() + 1);
    nested.bytes.set([(nested.bytes[0] as number) + 1]);
  };
  change();
  store.root.map = map;
  store.write(change);
  const expected = [new Date(3), Uint8Array.of(3), { at: [new Date(3)], bytes: Uint8Array.of(3) }];
  expect([map.get('date'), map.get('bytes'), map.get('nested')]).toEqual(expected);
  using before = store.snapshot();
  store.write(() => [...map]);
  using after = store.snapshot();
  expect(after.tid).toBe(before.tid);
});

test('a class that extends PersistentMap has fields and methods of its own', () => {
  const path = temporaryFolder();
  const Stock = persistent('collections.Stock', { name: t.utf8 })(
    class extends (PersistentMap as new (options?: object) => PersistentMap<string, number>) {
      total(): number {
        return [...this.values()].reduce((sum, n) => sum + n, 0);
      }
    },
  ) as unknown as new (
    options?: object,
  ) => PersistentMap<string, number> & { name: string; total(): number };
  const store = stored(path);
  const stock = new Stock({ key: utf8 });
  stock.name = 'main';
  stock.set('a', 1).set('b', 2);
  store.root.stock = stock;
  stock.set('c', 4);
  store.close();
  const read = stored(path).root.stock;
  expect([read instanceof Stock, read.name, read.total(), read.size]).toEqual([true, 'main', 7, 3]);
});
