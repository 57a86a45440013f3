import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysBehind, keysBetween } from '../../../lib/objects/collections/order-keys.ts';
import { compare } from '../../../lib/objects/collections/row-range.ts';
import { PersistentList } from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';
import { runs } from '../../support/runs.ts';
import { Item, outside, stored } from './store.ts';

type List = PersistentList<unknown>;

/** What a list and an array both can do: [name, arguments]. */
const small = fc.integer({ min: -4, max: 8 });
const steps = fc.oneof(
  fc.tuple(fc.constant('push'), fc.array(fc.nat(99), { maxLength: 3 })),
  fc.tuple(fc.constant('unshift'), fc.array(fc.nat(99), { maxLength: 3 })),
  fc.tuple(fc.constantFrom('pop', 'shift'), fc.constant([])),
  fc.tuple(fc.constant('splice'), fc.tuple(small, small, fc.nat(99), fc.nat(99))),
  fc.tuple(fc.constant('splice'), fc.tuple(small)),
  fc.tuple(fc.constant('slice'), fc.tuple(small, small)),
  fc.tuple(fc.constant('indexOf'), fc.tuple(fc.nat(99), small)),
  fc.tuple(fc.constant('at'), fc.tuple(small)),
);

/** Makes a step in both. They must return the same, but for what adds elements. */
function step(list: List, array: unknown[], [name, given]: [string, readonly unknown[]]): void {
  const call = (on: object): unknown => (on as Record<string, (...given: unknown[]) => unknown>)[name]?.(...given);
  const [ours, theirs] = [call(list), call(array)];
  if (name !== 'push' && name !== 'unshift') expect(ours).toEqual(theirs);
}

test('a list does what an array does, stored or not, in writes and outside', () => {
  const store = stored();
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 12 }), fc.array(steps, { maxLength: 12 }), (before, after) => {
      const list: List = new PersistentList();
      const array: unknown[] = [];
      for (const each of before) step(list, array, each);
      expect([...list]).toEqual(array);
      store.root.list = list;
      expect([list.length, ...list]).toEqual([array.length, ...array]);
      store.write(() => {
        for (const each of after) step(list, array, each);
        expect([list.length, ...list]).toEqual([array.length, ...array]);
      });
      for (const each of before.slice(0, 2)) step(list, array, each);
      expect([list.length, ...list.slice()]).toEqual([array.length, ...array]);
    }),
    { numRuns: runs(60, 2000) },
  );
});

test('the methods of arrays that change nothing', () => {
  const { root } = stored();
  const list: PersistentList<number> = new PersistentList();
  root.list = list;
  list.push(5, 6, 7, 6);
  expect([list.includes(7), list.includes(8), list.find((n) => n > 5), list.findIndex((n) => n > 6)]).toEqual([
    true,
    false,
    6,
    2,
  ]);
  expect([list.some((n) => n > 6), list.every((n) => n > 6), list.map((n, i) => n * i)]).toEqual([
    true,
    false,
    [0, 6, 14, 18],
  ]);
  expect([list.filter((n) => n === 6), list.reduce((sum, n) => sum + n, 0), [...list.keys()]]).toEqual([
    [6, 6],
    24,
    [0, 1, 2, 3],
  ]);
  expect([[...list.entries()][1], JSON.stringify(list), inspect(list)]).toEqual([
    [1, 6],
    '[5,6,7,6]',
    '[ 5, 6, 7, 6 ]',
  ]);
  const seen: unknown[] = [];
  list.forEach((value, index, same) => {
    seen.push([value, index, same === list]);
  });
  expect(seen[3]).toEqual([6, 3, true]);
  list.set(1, 60);
  list.set(-1, 61);
  list.insert(1, 1, 2);
  expect([...list]).toEqual([5, 1, 2, 60, 7, 61]);
  expect(codeOf(() => list.set(6, 1))).toBe('ERR_OUT_OF_RANGE');
  expect(codeOf(() => list.at('1' as never))).toBe('ERR_INVALID_ARG_TYPE');
  expect([list.at(Number.NaN), list.at(2 ** 60), list.at(-7), list.at(1.9)]).toEqual([5, undefined, undefined, 1]);
  list.clear();
  expect([list.length, list.pop(), list.shift(), list.at(0)]).toEqual([0, undefined, undefined, undefined]);
});

test('elements are plain values and objects; what a draft has become is what is taken out, and what stays', () => {
  const path = temporaryFolder();
  const store = stored(path);
  const item = new Item({ n: 1 });
  const list: List = new PersistentList();
  list.push({ tags: [] }, item, [1]);
  (list.at(0) as { tags: unknown[] }).tags.push('pending');
  store.root.list = list;
  store.write(() => {
    (list.at(0) as { tags: unknown[] }).tags.push('a');
    (list.at(2) as unknown[]).push(2);
    expect(list.pop()).toEqual([1, 2]);
    list.unshift(0);
    (list.at(1) as { tags: unknown[] }).tags.push('b');
  });
  expect([list.at(2), list.at(1), list.length]).toEqual([item, { tags: ['pending', 'a', 'b'] }, 3]);
  expect(codeOf(() => list.push(new Set()))).toBe('ERR_NOT_PERSISTENT');
  store.close();
  const read = stored(path).root.list;
  expect([read.length, read.at(0), read.at(1).tags.length, read.at(-1).n]).toEqual([3, 0, 3, 1]);
});

test('keys of elements are in order, with room between any two', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })), { maxLength: 40 }), (inserts) => {
      const keys = keysBehind(undefined, 3);
      for (const [place, count] of inserts) {
        const at = place % (keys.length + 1);
        keys.splice(at, 0, ...keysBetween(keys[at - 1], keys[at], count));
      }
      for (let i = 1; i < keys.length; i++) {
        expect(compare(keys[i - 1] as Uint8Array, keys[i] as Uint8Array)).toBeLessThan(0);
      }
    }),
    { numRuns: runs(100, 20_000) },
  );
  const [first, second] = keysBehind(undefined, 2) as [Uint8Array, Uint8Array];
  expect(keysBetween(first, second, 10_000).every((key) => key.length <= 11)).toBe(true);
  expect(keysBehind(first, 2, 7).map((key) => key.length)).toEqual([17, 17]);
});

test('insertions at one place, thousands of times: elements get shorter keys, and drafts stay drafts', () => {
  const store = stored();
  const list: PersistentList<unknown> = new PersistentList();
  store.root.list = list;
  const count = 2_000;
  store.write(() => {
    list.push('first', { draft: [] }, 'last');
    const { draft } = list.at(1) as { draft: number[] };
    for (let i = 0; i < count; i++) list.insert(1, i);
    draft.push(1);
  });
  expect([list.length, list.at(0), list.at(1), list.at(count), list.at(-1)]).toEqual([
    count + 3,
    'first',
    count - 1,
    0,
    'last',
  ]);
  expect(list.at(-2)).toEqual({ draft: [1] });
  expect([...list.slice(1, -2)]).toEqual([...Array(count).keys()].toReversed());
});

test('two transactions that push do not conflict', async () => {
  const store = stored();
  const list: List = new PersistentList();
  store.root.list = list;
  list.push('a');
  let runsOfFirst = 0;
  await store.transact(async (txn) => {
    runsOfFirst++;
    txn.root.list.push(1, 2);
    await outside(() => store.transact((other) => other.root.list.push(3)));
    outside(() => store.root.list.push(4));
    txn.root.list.push(5);
  });
  expect([runsOfFirst, list.length, list.at(0)]).toEqual([1, 6, 'a']);
  expect([...list].sort()).toEqual([1, 2, 3, 4, 5, 'a']);
  expect([...list].filter((each) => [1, 2, 5].includes(each as number))).toEqual([1, 2, 5]);
});

test.each([
  ['pop', (list: List) => list.pop()],
  ['shift', (list: List) => list.shift()],
  ['length', (list: List) => list.length],
  ['unshift', (list: List) => list.unshift(0)],
  ['insert', (list: List) => list.insert(1, 0)],
])('a transaction that has called %s runs again when another has deleted the element', async (_name, call) => {
  const store = stored();
  store.root.list = new PersistentList();
  store.root.list.push('a', 'b');
  let count = 0;
  await store.transact((txn) => {
    call(txn.root.list);
    if (count++ === 0) outside(() => store.root.list.splice(0, 2, 'c'));
    txn.root.done = count;
  });
  expect(count).toBe(2);
});
