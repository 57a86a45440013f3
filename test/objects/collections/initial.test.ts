import { expect, test } from 'vitest';
import { bytes, uint32, utf8 } from '../../../lib/index.ts';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  ref,
  t,
} from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';

const Item = persistent('initial.Item', { n: t.u32 })(class {});
const Box = persistent('initial.Box', { n: t.u32 })(class extends PersistentMap<string, number> {});

test('a collection takes what a Map, a Set, an Array and a number have', () => {
  const path = temporaryFolder();
  const store = openStore(path, { durability: 'nosync' });
  const item = new Item({ n: 1 });
  const made = {
    map: new PersistentMap<string, unknown>([
      ['b', item],
      ['a', { x: [1] }],
    ]),
    fromMap: new PersistentMap(new Map([[7, 'seven']]), { key: uint32 }),
    set: new PersistentSet(['b', 'a', 'b', item]),
    letters: new PersistentSet('hello', { key: utf8 }),
    list: new PersistentList([3, item, [1]]),
    again: new PersistentList(new PersistentList([1, 2])),
    counter: new Counter(5),
    box: new (Box as unknown as new (entries: [string, number][]) => object)([['k', 2]]),
  };
  Object.assign(made.box, { n: 1 });
  const contents = (all: typeof made, of: unknown): unknown => [
    [...all.map].map(([key, value]) => [key, value === of ? 'item' : value]),
    [...all.fromMap],
    [...all.set].map((each) => (each === of ? 'item' : each)),
    [...all.letters].join(''),
    [...all.list].map((each) => (each === of ? 'item' : each)),
    [...all.again],
    all.counter.value,
    [...(all.box as PersistentMap)],
    [all.map.size, all.set.size, all.list.length],
  ];
  const wanted = [
    [
      ['a', { x: [1] }],
      ['b', 'item'],
    ],
    [[7, 'seven']],
    ['a', 'b', 'item'],
    'ehlo',
    [3, 'item', [1]],
    [1, 2],
    5,
    [['k', 2]],
    [2, 3, 3],
  ];
  expect(contents(made, item)).toEqual(wanted);
  store.write(() => Object.assign(store.root, made, { item }));
  expect(contents(made, item)).toEqual(wanted);
  store.close();
  const { root } = openStore(path);
  expect(contents(root as never, root.item)).toEqual(wanted);
  const none = [new PersistentMap(null), new PersistentSet(undefined), new PersistentList(null)];
  expect(none.map((each) => [...each])).toEqual([[], [], []]);
});

test('what a collection cannot have at first is refused', () => {
  const make = (Collection: unknown, ...args: unknown[]) => codeOf(() => Reflect.construct(Collection as never, args));
  expect([
    make(PersistentMap, ['ab']),
    make(PersistentMap, [[1, 2], 3]),
    make(PersistentMap, { a: 1 }),
    make(PersistentMap, [[1, () => 1]]),
    make(PersistentMap, [['a', 1]], { key: bytes }),
    make(PersistentMap, { key: utf8 }, { key: utf8 }),
    make(PersistentSet, 5),
    make(PersistentList, { n: 1 }),
    make(Counter, '5'),
    make(Counter, Number.NaN),
  ]).toEqual([
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_VALUE',
    'ERR_NOT_PERSISTENT',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_INVALID_ARG_TYPE',
    'ERR_OUT_OF_RANGE',
  ]);
});

test('arithmetic with a Counter does not put a number in its place', () => {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  d.sold = new Counter(1);
  const { sold } = d;
  const uses: (() => unknown)[] = [
    () => (d.sold += 4),
    () => d.sold++,
    () => (d.sold -= 1),
    () => d.sold + 1,
    () => d.sold > 0,
    () => Number(d.sold),
  ];
  for (const use of uses)
    expect(use).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('d.sold.add(4)') }),
    );
  sold.add(4);
  expect([d.sold === sold, sold.value, `${sold}`, JSON.stringify([sold])]).toEqual([true, 5, '5', '[5]']);
  store.close();
});

test.each([
  ['list', () => t.list(ref() as never)],
  ['list of plain values', () => t.list(t.json as never)],
  ['optional', () => t.optional(ref() as never)],
  ['struct', () => t.struct({ a: t.u8, b: ref() as never })],
])('a record has no references inside of t.%s, and the error says what to use', (_, make) => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('PersistentList') }),
  );
  expect(() => persistent('initial.Never', { list: make() as never })).toThrow();
});
