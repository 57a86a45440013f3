import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Collection, type RangeOptions, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf, openTemporary, rejection, thrown } from '../support/fixture.ts';

type Items = Collection<number, string>;

const COUNT = 40;

/** The numbers of keys from 0 to COUNT that a range covers, in its order. */
function covered({ gt, gte, lt, lte, reverse }: RangeOptions<number>): number[] {
  const keys = Array.from({ length: COUNT }, (_, key) => key).filter(
    (key) =>
      (gt === undefined || key > gt) &&
      (gte === undefined || key >= gte) &&
      (lt === undefined || key < lt) &&
      (lte === undefined || key <= lte),
  );
  return reverse === true ? keys.reverse() : keys;
}

const key = fc.integer({ min: 0, max: COUNT + 2 });
const anyRange = fc
  .record(
    {
      lower: fc.tuple(fc.constantFrom('gt', 'gte'), key),
      upper: fc.tuple(fc.constantFrom('lt', 'lte'), key),
      reverse: fc.boolean(),
      limit: fc.integer({ min: 0, max: COUNT + 5 }),
    },
    { requiredKeys: [] },
  )
  .map(({ lower, upper, ...rest }): RangeOptions<number> => {
    const options: RangeOptions<number> = rest;
    if (lower !== undefined) options[lower[0] as 'gt'] = lower[1];
    if (upper !== undefined) options[upper[0] as 'lt'] = upper[1];
    return options;
  });

describe.each([1, 3])('clear(range) with %i values a key', (values) => {
  test('removes what range() of the same options gives, and gives how many that are', () => {
    const options = { key: uint32, value: utf8 };
    const { env, items } = collectionOf(values === 1 ? options : { ...options, dupSort: true });
    const pairsOf = (keys: number[]): string[] =>
      keys.flatMap((each) => Array.from({ length: values }, (_, i) => `${each} ${i}`));
    fc.assert(
      fc.property(anyRange, fc.boolean(), fc.boolean(), (range, inWrite, long) => {
        items.clear();
        env.write(() => {
          // LMDB stores long values in separate pages.
          const fill = 'x'.repeat(long && values === 1 ? 3000 : 20);
          for (let each = 0; each < COUNT; each++)
            for (let i = 0; i < values; i++) items.put(each, `${each} ${i} ${fill}`);
        });
        const shown = () => [...items.range()].map(({ value }) => value.split(' ', 2).join(' '));
        const { limit = Number.POSITIVE_INFINITY, reverse, ...bounds } = range;
        const there = pairsOf(covered(bounds));
        const goes = new Set(reverse === true ? there.slice(Math.max(there.length - limit, 0)) : there.slice(0, limit));
        const stays = pairsOf(covered({})).filter((each) => !goes.has(each));
        if (!inWrite) {
          deepStrictEqual(items.clear(range), goes.size);
          deepStrictEqual(shown(), stays);
          return;
        }
        try {
          env.write((txn) => {
            deepStrictEqual(items.clear(range, txn), goes.size);
            deepStrictEqual(shown(), stays);
            items.put(COUNT, 'beside it');
            throw new Error('undo');
          });
        } catch (error) {
          if ((error as Error).message !== 'undo') throw error;
        }
        deepStrictEqual(shown(), pairsOf(covered({})));
      }),
      { numRuns: 300 },
    );
  });
});

test('clear(range) leaves the values of other keys alone, however many each key has', () => {
  const { env, items } = collectionOf({ key: uint32, value: utf8, dupSort: true });
  // One value, several in a sub-page, and so many that LMDB stores them in a separate tree.
  const counts = fc.array(fc.constantFrom(1, 1, 2, 3, 20, 300), { minLength: 1, maxLength: 6 });
  const bound = fc.integer({ min: 0, max: 6 });
  const bounds = fc.record(
    { gt: bound, lt: bound, reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 330 }) },
    { requiredKeys: [] },
  );
  const shown = () => [...items.range()].map(({ key: each, value }) => `${each} ${value}`);
  fc.assert(
    fc.property(counts, bounds, (values, range) => {
      items.clear();
      env.write(() =>
        values.forEach((count, each) => {
          for (let i = 0; i < count; i++) items.put(each, `value ${String(i).padStart(4, '0')}`);
        }),
      );
      const before = shown();
      const goes = new Set([...items.range(range)].map(({ key: each, value }) => `${each} ${value}`));
      deepStrictEqual(items.clear(range), goes.size);
      deepStrictEqual(
        shown(),
        before.filter((each) => !goes.has(each)),
      );
      deepStrictEqual(items.count(), before.length - goes.size);
    }),
    {
      numRuns: 400,
      examples: [
        [[2, 1, 20], { gt: 0, limit: 3 }],
        [[20, 1, 300], { gt: 0 }],
        [[300, 1, 20], { gt: 0, limit: 3 }],
        [[300, 1, 300], { gt: 0, limit: 100 }],
      ],
    },
  );
  env.write(() => {
    for (let i = 0; i < 200; i++) items.put(1000 + i, 'the pages are used again');
  });
});

test.each([
  ['a Range', (items: Items) => items.range({ gt: 100 })],
  ['what a Range gives', (items: Items) => items.range().filter(() => false)],
  ['a Date', () => new Date()],
  ['a Map', () => new Map([['gt', 1]])],
  ['a bound that is undefined', () => ({ gt: undefined })],
  ['a limit that is undefined', () => ({ limit: undefined })],
  ['an option of range()', () => ({ onEnd: 'copy' })],
])('%s in place of bounds deletes nothing', async (_, range) => {
  const { env, items } = collectionOf({ key: uint32, value: utf8 });
  items.put(1, 'stays');
  const given = range(items) as never;
  expect(codeOf(() => items.clear(given))).toMatch(/ERR_INVALID_ARG_/);
  const error = await rejection(env.batch([{ type: 'clear', collection: items, range: given }]));
  expect(error.code).toMatch(/ERR_INVALID_ARG_/);
  expect(items.count()).toBe(1);
});

test('clear() gives how many entries there were, and takes a transaction alone', () => {
  const { env, items } = collectionOf({ key: uint32, value: utf8 });
  for (let i = 0; i < 5; i++) items.put(i, 'x');
  expect(items.clear()).toBe(5);
  expect(items.clear()).toBe(0);
  items.put(1, 'x');
  expect(env.write((txn) => items.clear(txn))).toBe(1);
  items.put(1, 'x');
  const txn = env.read();
  expect(codeOf(() => items.clear(txn as never))).toBe('ERR_READ_ONLY');
  expect(items.clear({ gt: 1, gte: 1 })).toBe(0);
  expect(codeOf(() => items.clear({ offset: 1 } as never))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => items.clear({ cursor: '' } as never))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => items.clear({ gte: 'a' as never }))).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeOf(() => items.clear({ from: 1 } as never))).toBe('ERR_INVALID_ARG_VALUE');
  expect(items.count()).toBe(1);
  txn.end();
});

test('clear({ prefix }) removes the tuples that begin so', () => {
  const { items } = collectionOf({ key: tuple, value: utf8 });
  for (const each of [
    ['FR', 1],
    ['FR', 2],
    ['FRANCE', 1],
    ['DE', 1],
  ])
    items.put(each, 'x');
  expect(items.clear({ prefix: ['FR'] })).toBe(2);
  expect([...items.range().keys()].map((each) => each.toArray())).toEqual([
    ['DE', 1],
    ['FRANCE', 1],
  ]);
});

test('a range that is being read in the transaction goes on behind what was cleared', () => {
  const { env, items } = collectionOf({ key: uint32, value: utf8 });
  env.write(() => {
    for (let i = 0; i < 1000; i++) items.put(i, 'x');
    const seen: number[] = [];
    for (const { key: each } of items.range()) {
      seen.push(each);
      if (each === 10) items.clear({ gte: 5, lt: 990 });
    }
    expect(seen).toEqual([
      ...Array.from({ length: 11 }, (_, i) => i),
      ...Array.from({ length: 10 }, (_, i) => 990 + i),
    ]);
  });
});

test('what was read before it stays', () => {
  const { env, items } = collectionOf({ key: uint32, value: utf8 });
  for (let i = 0; i < 100; i++) items.put(i, `value ${i}`);
  const txn = env.read();
  const entries = [...items.range({}, txn)];
  expect(items.clear({ gte: 10 })).toBe(90);
  txn.end();
  for (let round = 0; round < 20; round++) for (let i = 0; i < 100; i++) items.put(i, `other ${round}`);
  expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, (_, i) => `value ${i}`));
});

test('records of collections in the unnamed database are not cleared, and nothing beside them is', () => {
  const env = openTemporary();
  env.collection('m', { key: uint32, value: utf8 }).put(1, 'x');
  const main = env.collection(null, { key: utf8, value: utf8 });
  for (const each of ['a', 'b', 'y', 'z']) main.put(each, 'x');
  for (const clear of [
    () => main.clear(),
    () => main.clear({ gt: 'a' }),
    () => main.clear({ reverse: true, limit: 3 }),
  ]) {
    const { code, message } = thrown(clear) as Error & { code: string };
    expect([code, message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('drop those first')]);
  }
  expect(main.clear({ gte: 'n' })).toBe(2);
  expect(main.clear({ limit: 1, gte: 'a' })).toBe(1);
  expect([main.get('b'), env.collection('m').count()]).toEqual(['x', 1]);
});

describe('in a batch', () => {
  test("'clear' removes a range, and every operation is answered", async () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    const pairs = env.collection('pairs', { key: uint32, value: utf8, dupSort: true });
    const collection = items;
    const answers = await env.batch([
      { type: 'put', collection, key: 1, value: 'a' },
      { type: 'put', collection, key: 1, value: 'b' },
      { type: 'putNew', collection, key: 1, value: 'c' },
      { type: 'putNew', collection, key: 2, value: 'd' },
      { type: 'del', collection, key: 3 },
      { type: 'del', collection, key: 2 },
      { type: 'put', collection: pairs, key: 1, value: 'one' },
      { type: 'putNew', collection: pairs, key: 1, value: 'one' },
      { type: 'putNew', collection: pairs, key: 1, value: 'two' },
      { type: 'delValue', collection: pairs, key: 1, value: 'three' },
      { type: 'delValue', collection: pairs, key: 1, value: 'one' },
      { type: 'put', collection, key: 5, value: 'e' },
      { type: 'put', collection, key: 6, value: 'f' },
      { type: 'clear', collection, range: { gte: 2, lte: 5 } },
      { type: 'clear', collection, range: { gte: 7 } },
    ]);
    const puts = [true, true];
    expect(answers).toEqual([...puts, false, true, false, true, true, false, true, false, true, ...puts, 1, 0]);
    expect([...items.range()].map(({ key: each, value }) => [each, value])).toEqual([
      [1, 'b'],
      [6, 'f'],
    ]);
    expect(pairs.getAll(1).toArray()).toEqual(['two']);
    expect(await env.batch([{ type: 'clear', collection }])).toEqual([2]);
    expect(await env.batch([])).toEqual([]);
  });

  test.each([
    ['takes no value', { type: 'del', key: 1, value: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    ['takes no value', { type: 'clear', value: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    ['not a key', { type: 'clear', key: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['takes no range', { type: 'put', key: 1, value: 'x', range: {} }, 'ERR_INVALID_ARG_VALUE'],
    ['no option', { type: 'clear', range: { offset: 1 } }, 'ERR_INVALID_ARG_VALUE'],
    ['dupSort', { type: 'delValue', key: 1, value: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    ["'delValue'", { type: 'append', key: 1, value: 'x' }, 'ERR_INVALID_ARG_VALUE'],
    ['type', { key: 1, value: 'x' }, 'ERR_INVALID_ARG_TYPE'],
  ])('is refused: %s', async (says, operation, code) => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    items.put(1, 'stays');
    const first = { type: 'put', collection: items, key: 9, value: 'x' } as const;
    const error = await rejection(env.batch([first, { collection: items, ...operation } as never]));
    expect([error.code, error.index, error.message]).toEqual([code, 1, expect.stringContaining(says)]);
    expect([items.get(1), items.count()]).toEqual(['stays', 1]);
  });

  test('idle() is fulfilled when those before it are done, whatever became of them', async () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 });
    const settled: string[] = [];
    const bad = { type: 'put', collection: items, key: 2, value: 'x'.repeat(10) } as const;
    const tooLong = { type: 'put', collection: env.main, key: Buffer.alloc(600), value: Buffer.alloc(1) } as const;
    void env.batch([{ type: 'put', collection: items, key: 1, value: 'a' }]).then(() => settled.push('first'));
    void env.batch([bad, tooLong]).catch(() => settled.push('refused'));
    void env.batch([bad]).then(() => settled.push('last'));
    await env.idle();
    expect(settled.sort()).toEqual(['first', 'last', 'refused']);
    await env.idle();
    env.close();
    expect((await rejection(env.idle())).code).toBe('ERR_ENV_CLOSED');
  });
});
