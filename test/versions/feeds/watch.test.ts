import { describe, expect, test } from 'vitest';
import { type Feed, type KeysChanged, tuple, uint32, utf8 } from '../../../lib/index.ts';
import { openTemporary, thrown } from '../../support/fixture.ts';

/** The next events of a watch: the tid, and the keys or the range. */
async function take<K>(feed: Feed<KeysChanged<K>>, count: number): Promise<unknown[][]> {
  const events: unknown[][] = [];
  while (events.length < count) {
    const { tid, keys, range, dropped } = (await feed.next()).value as KeysChanged<K>;
    events.push(dropped ? [tid, range, 'dropped'] : [tid, keys ?? range]);
  }
  return events;
}

function numbers() {
  const env = openTemporary();
  return { env, items: env.collection('numbers', { key: uint32, value: utf8, versions: true }) };
}

describe('collection.watch()', () => {
  test('gives the commits that change its keys, and waits for the next one', async () => {
    const { env, items } = numbers();
    const others = env.collection('others', { key: uint32, value: utf8, versions: true });
    const feed = items.watch();
    const next = take(feed, 2);
    others.put(1, 'x');
    items.put(1, 'x');
    env.write(() => {
      items.put(3, 'x');
      items.del(1);
      others.put(2, 'x');
    });
    expect(await next).toEqual([
      [2, [1]],
      [3, [1, 3]],
    ]);
  });

  test('of a range gives its keys only, and the part of a range that was cleared', async () => {
    const { env, items } = numbers();
    items.put(1, 'x');
    items.put(12, 'x');
    env.write(() => {
      for (const key of [9, 10, 15, 20, 21, 40]) items.put(key, 'x');
    });
    items.clear({ gte: 0, lt: 10 });
    items.clear({ gt: 12, lt: 30 });
    items.clear({ gte: 20 });
    items.clear();
    items.drop();
    expect(await take(items.watch({ after: 0, gte: 10, lt: 20 }), 5)).toEqual([
      [2, [12]],
      [3, [10, 15]],
      [5, { gt: 12, lt: 20 }],
      [7, { gte: 10, lt: 20 }],
      [8, { gte: 10, lt: 20 }, 'dropped'],
    ]);
  });

  test('has ranges that range() takes', async () => {
    const { items } = numbers();
    for (let i = 0; i < 30; i++) items.put(i, 'x');
    items.clear({ gte: 5, lt: 20 });
    const { value } = await items.watch({ after: 30, gt: 5, lte: 20 }).next();
    for (let i = 0; i < 30; i++) items.put(i, 'y');
    const { range } = value as KeysChanged<number>;
    expect(range).toEqual({ gt: 5, lt: 20 });
    expect(items.count(range)).toBe(14);
  });

  test('of a prefix gives the keys that begin with it', async () => {
    const env = openTemporary();
    const places = env.collection('places', { key: tuple, value: utf8, versions: true });
    for (const key of [
      ['DE', 1],
      ['FR', 1],
      ['FR', 2],
      ['FRA', 1],
    ] as const)
      places.put(key, 'x');
    places.clear({ prefix: ['FR'] });
    const feed = places.watch({ after: 0, prefix: ['FR'] });
    const keys = [await feed.next(), await feed.next()].map(({ value }) => value?.keys?.map((key) => key.toArray()));
    expect(keys).toEqual([[['FR', 1]], [['FR', 2]]]);
    const { range } = (await feed.next()).value as KeysChanged<never>;
    for (const key of [
      ['DE', 1],
      ['FR', 1],
      ['FR', 2],
      ['FRA', 1],
    ] as const)
      places.put(key, 'x');
    expect(places.count(range)).toBe(2);
  });

  test('refuses a collection without versions, and wrong options', () => {
    const { env, items } = numbers();
    const plain = env.collection('plain', { key: uint32, value: utf8 });
    expect(thrown(() => plain.watch()).code).toBe('ERR_INVALID_ARG_VALUE');
    const code = (options: unknown) => thrown(() => items.watch(options as never)).code;
    expect(code({ limit: 1 })).toBe('ERR_INVALID_ARG_VALUE');
    expect(code({ gt: 'x' })).toBe('ERR_INVALID_ARG_TYPE');
    expect(code({ after: 0.5 })).toBe('ERR_OUT_OF_RANGE');
    expect(code(7)).toBe('ERR_INVALID_ARG_TYPE');
  });
});
