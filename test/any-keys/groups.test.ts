// The labels of keys that have the same first bytes, where they are added in orders that leave no room between two.
import { describe, expect, test } from 'vitest';
import { type Collection, type Environment, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { random } from '../support/sinks.ts';

const COUNT = isLong ? 100_000 : 600;
const HEAD = 'g'.repeat(600);

const ORDERS: Record<string, (below: (end: number) => number) => string[]> = {
  'each behind all others': () => numbers((i) => i),
  'each before all others': () => numbers((i) => COUNT - i),
  'each behind the last, before an end': () => ['~', ...numbers((i) => i)],
  'each before the last, behind a beginning': () => ['', ...numbers((i) => COUNT - i)],
  'from both ends to the middle': () => numbers((i) => (i % 2 === 0 ? i : 2 * COUNT - i)),
  'from the middle to both ends': () => numbers((i) => (i % 2 === 0 ? COUNT - i : COUNT + i)),
  'at random': (below) => numbers(() => below(1e9)),
};

function numbers(of: (i: number) => number): string[] {
  return Array.from({ length: COUNT }, (_, i) => String(of(i)).padStart(10, '0'));
}

function checkAll(items: Collection<string, string>, words: Map<string, string>): void {
  const sorted = [...words.keys()].sort();
  expect(items.range().keys().toArray().map(String)).toEqual(sorted);
  expect(items.range({ reverse: true }).values().toArray().map(String)).toEqual(
    sorted.toReversed().map((key) => words.get(key)),
  );
  for (const key of sorted) if (String(items.get(key)) !== words.get(key)) throw new Error(`get of ${key.slice(600)}`);
}

describe.each([false, true])('a group of long keys (versions: %s)', (versions) => {
  test.each(Object.keys(ORDERS))('is in order, whatever the order of adding: %s', (name) => {
    const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any', versions });
    const words = new Map<string, string>();
    const tails = ORDERS[name]?.(random(3)) ?? [];
    const add = (from: number, to: number): void =>
      tails.slice(from, to).forEach((tail, i) => {
        items.put(HEAD + tail, `${from + i} ${'v'.repeat(i % 50)}`);
        words.set(HEAD + tail, `${from + i} ${'v'.repeat(i % 50)}`);
      });
    env.write(() => add(0, COUNT / 2));
    checkAll(items, words);
    env.write(() => {
      add(COUNT / 2, COUNT + 1);
      checkAll(items, words);
    });
    checkAll(items, words);
  });
});

test('versions and values stay as they are where labels change, also in older snapshots', () => {
  const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any', versions: true });
  items.put(`${HEAD}a`, 'first');
  items.put(`${HEAD}c`, 'last');
  const before = env.read();
  const held = items.range({}, before).toArray();
  env.write(() => {
    for (let i = 0; i < 500; i++) items.put(`${HEAD}b${String(i).padStart(4, '0')}`, 'between');
  });
  expect([items.version(`${HEAD}a`), items.version(`${HEAD}c`), items.version(`${HEAD}b0000`)]).toEqual([1, 2, 3]);
  expect(held.map(({ value, version }) => [String(value), version])).toEqual([
    ['first', 1],
    ['last', 2],
  ]);
  before.end();
  expect(held.map(({ key }) => String(key).slice(600))).toEqual(['a', 'c']);
});

test('a range goes on where it was, though labels change under it', () => {
  const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any' });
  const tail = (i: number): string => `${HEAD}${String(i).padStart(5, '0')}`;
  env.write(() => {
    for (let i = 0; i < 20; i++) items.put(tail(1000 * i), '');
    const seen: string[] = [];
    const range = items.range({ gt: tail(0), lte: tail(18_000) });
    for (const { key } of range) {
      seen.push(String(key));
      const at = Number(String(key).slice(600));
      // Each key is added directly behind the one before it, so soon no label is free between two. None lies ahead of the
      // iteration.
      if (at % 1000 === 0) for (let i = 0; i < 60; i++) items.put(tail(at - 60 + i), '');
    }
    expect(seen).toEqual(Array.from({ length: 18 }, (_, i) => tail(1000 * (i + 1))));
  });
});

test('a change that fails in the middle leaves the collection as it was', () => {
  const { env, items } = collectionOf({ key: utf8, value: utf8, keys: 'any' }, { mapSize: 2 ** 20 });
  const fill = (env: Environment): void =>
    env.write(() => {
      for (let i = 0; i < 1e5; i++) items.put(`${HEAD}${String(i).padStart(6, '0')}`, 'v'.repeat(2000));
    });
  items.put(`${HEAD}~`, 'end');
  expect(() => fill(env)).toThrow(expect.objectContaining({ code: 'MDB_MAP_FULL' }));
  expect(items.range().values().toArray().map(String)).toEqual(['end']);
});
