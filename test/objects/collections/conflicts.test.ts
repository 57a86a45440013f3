import { expect, test } from 'vitest';
import {
  Counter,
  PersistentList,
  PersistentMap,
  PersistentSet,
  type Root,
  type Store,
} from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';
import { Item, outside, stored } from './store.ts';

function filled(): Store {
  const store = stored();
  store.write(() => {
    store.root.map = new PersistentMap();
    store.root.set = new PersistentSet();
    store.root.sold = new Counter();
    store.root.list = new PersistentList();
    store.root.map.set('old', 0).set('other', 0);
    store.root.set.add('old');
  });
  return store;
}

/** Runs a transaction, in the first run of which another one commits. Gives how often it ran. */
async function runsBeside(store: Store, mine: (root: Root) => void, theirs: (root: Root) => void): Promise<number> {
  let runs = 0;
  await store.transact(async (txn) => {
    mine(txn.root);
    if (runs++ === 0) await outside(() => store.transact((other) => theirs(other.root)));
  });
  return runs;
}

test('two transactions that insert under different keys never conflict, and the size counts both', async () => {
  const store = filled();
  const { map, set } = store.root;
  const runs = await runsBeside(
    store,
    (root) => {
      root.map.set('a', new Item({ n: 1 }));
      root.map.delete('old');
      root.set.add('x');
      root.mine = 1;
    },
    (root) => {
      root.map.set('b', new Item({ n: 2 })).set('c', 3);
      root.set.add('y').delete('old');
      root.theirs = 2;
    },
  );
  expect([runs, map.size, [...map.keys()], set.size, [...set]]).toEqual([
    1,
    4,
    ['a', 'b', 'c', 'other'],
    2,
    ['x', 'y'],
  ]);
  expect([map.get('a').n, map.get('b').n, store.root.mine, store.root.theirs]).toEqual([1, 2, 1, 2]);
  expect(Object.keys(store.root)).toEqual(['list', 'map', 'mine', 'set', 'sold', 'theirs']);
});

test('a hundred transactions at once that insert into one map all commit at their first run', async () => {
  const store = filled();
  let runs = 0;
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      store.transact(async (txn) => {
        runs++;
        txn.root.map.set(i, { i });
        await null;
        txn.root.sold.add(i);
        txn.root.list.push(i);
      }),
    ),
  );
  const { map, sold, list } = store.root;
  expect([runs, map.size, sold.value, list.length, map.count({ gte: 0 })]).toEqual([100, 102, 4950, 100, 100]);
});

test.each<[string, (root: Root) => unknown, (root: Root) => unknown]>([
  ['one key', (root) => root.map.set('old', 1), (root) => root.map.set('old', 2)],
  ['the size', (root) => root.map.set('a', root.map.size), (root) => root.map.set('b', 2)],
  ['a range', (root) => root.map.set('a', [...root.map.keys()].length), (root) => root.map.set('b', 2)],
  ['the value of a counter', (root) => root.map.set('a', root.sold.value), (root) => root.sold.add(1)],
  ['a key that was absent', (root) => root.map.set('a', root.map.get('b') ?? null), (root) => root.map.set('b', 2)],
  ['clearing', (root) => root.map.clear(), (root) => root.map.set('b', 2)],
])('transactions conflict on %s', async (_name, mine, theirs) => {
  const store = filled();
  expect(await runsBeside(store, mine, theirs)).toBe(2);
  const { map } = store.root;
  expect(map.size).toBe([...map].length);
});

test('a transaction reads what it has added to', async () => {
  const store = filled();
  store.root.sold.add(5);
  await store.transact((txn) => {
    const { sold, map } = txn.root;
    sold.add(2);
    sold.add(0.5);
    map.set('a', 1).delete('old');
    map.set('b', 1);
    expect([sold.value, map.size]).toEqual([7.5, 3]);
    map.clear();
    expect([map.size, [...map]]).toEqual([0, []]);
    map.set('c', 1);
  });
  expect([store.root.sold.value, store.root.map.size]).toEqual([7.5, 1]);
});

test('a counter', () => {
  const path = temporaryFolder();
  const store = stored(path);
  const counter = new Counter();
  counter.add(3);
  expect([counter.value, counter.value + 1, JSON.stringify({ counter }), `${counter}`]).toEqual([
    3,
    4,
    '{"counter":3}',
    '3',
  ]);
  store.root.counter = counter;
  counter.add();
  const failing = () =>
    store.write(() => {
      counter.add(100);
      store.write(() => counter.add(1000));
      expect(counter.value).toBe(1104);
      throw new Error('no');
    });
  expect(failing).toThrow('no');
  expect([counter.value, store.root.counter === counter]).toEqual([4, true]);
  expect(codeOf(() => counter.add('1' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeOf(() => counter.add(Number.NaN))).toBe('ERR_OUT_OF_RANGE');
  using view = store.snapshot();
  expect(codeOf(() => view.root.counter.add(1))).toBe('ERR_READ_ONLY_STATE');
  counter.add(-6);
  expect([view.root.counter.value, counter.value]).toEqual([4, -2]);
  store.close();
  expect(stored(path).root.counter.value).toBe(-2);
});

test('methods of one collection do nothing to another one', () => {
  const { root } = filled();
  const item = new Item({ n: 1 });
  const call = (method: unknown, self: object): string =>
    codeOf(() => (method as (...given: unknown[]) => unknown).call(self, 'key', 1));
  const { set, get } = PersistentMap.prototype as unknown as PersistentMap;
  const { push, at } = PersistentList.prototype as unknown as PersistentList;
  const { add } = Counter.prototype;
  expect([root.list.length, root.sold.value, root.map.size]).toEqual([0, 0, 2]);
  for (const self of [root.list, root.sold, item, {}, new PersistentList(), new Counter()]) {
    expect([call(set, self), call(get, self)]).toEqual(Array(2).fill('ERR_INVALID_ARG_TYPE'));
  }
  for (const self of [root.map, root.sold, root.set, item, {}, new PersistentMap()]) {
    expect([call(push, self), call(at, self)]).toEqual(Array(2).fill('ERR_INVALID_ARG_TYPE'));
  }
  for (const self of [root.map, root.list, item, {}]) expect(call(add, self)).toBe('ERR_INVALID_ARG_TYPE');
  expect([root.list.length, root.sold.value, root.map.size]).toEqual([0, 0, 2]);
});
