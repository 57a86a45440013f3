import { describe, expect, test } from 'vitest';
import { bytes, type Entry, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';
import { expectedState, lendingTest } from '../support/lending.ts';

const COUNT = 3000;

function world() {
  const made = collectionOf({ key: uint32, value: bytes });
  made.env.write(() => {
    for (let i = 0; i < COUNT; i++) made.items.append(i, Buffer.from(`value ${i}`));
  });
  return made;
}

const shared = world();

describe('a range', () => {
  test('gives entries, keys or values in order, and can be iterated again', () => {
    const { items } = shared;
    const range = items.range({ gte: 10, lt: 13 });
    for (let again = 0; again < 2; again++) {
      expect([...range].map(({ key, value }) => [key, value.toBuffer().toString()])).toEqual([
        [10, 'value 10'],
        [11, 'value 11'],
        [12, 'value 12'],
      ]);
      expect(range.keys().toArray()).toEqual([10, 11, 12]);
      expect(range.values().map(String).count()).toBe(3);
    }
    expect(items.range().keys().toArray()).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    expect(items.range({ reverse: true }).keys().toArray()).toEqual(
      Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i),
    );
  });

  test('reads nothing before it is iterated, and then the moment at which that begins', () => {
    const { env, items } = collectionOf({ key: utf8, value: utf8 });
    const range = items.range();
    expect(env.counters().snapshots).toBe(0);
    items.put('a', '1');
    expect(range.keys().toArray()).toEqual(['a']);
    const iterator = range.keys()[Symbol.iterator]();
    items.put('b', '2');
    expect([...iterator]).toEqual(['a', 'b']);
  });

  test('has lazy helpers, which can be chained', () => {
    const { items } = shared;
    const read: number[] = [];
    const helped = items
      .range()
      .keys()
      .map((key) => {
        read.push(key);
        return key * 2;
      })
      .filter((double) => double % 3 === 0)
      .take(3);
    expect(read).toEqual([]);
    expect(helped.toArray()).toEqual([0, 6, 12]);
    expect(read).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const wrong of [undefined, null, '1']) {
      expect(codeOf(() => helped.take(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect([helped.count(), [...helped.take(0)], items.range().take(2).toArray().length]).toEqual([3, [], 2]);
    const seen: number[] = [];
    items.range({ limit: 3 }).forEach(({ key }) => void seen.push(key));
    expect(seen).toEqual([0, 1, 2]);
    expect([items.range().count(), items.range({ gt: 5, limit: 9 }).count(), items.range().keys().count()]).toEqual([
      COUNT,
      9,
      COUNT,
    ]);
  });

  test('has an iterator of the usual shape', () => {
    const iterator = shared.items.range({ limit: 1 }).keys()[Symbol.iterator]();
    expect(iterator[Symbol.iterator]()).toBe(iterator);
    expect(iterator.next()).toEqual({ done: false, value: 0 });
    for (let i = 0; i < 3; i++) expect(iterator.next()).toEqual({ done: true, value: undefined });
    expect(iterator.return?.()).toEqual({ done: true, value: undefined });
    const unused = shared.items.range()[Symbol.iterator]();
    expect(unused.return?.()).toEqual({ done: true, value: undefined });
    expect(unused.next()).toEqual({ done: true, value: undefined });
  });

  lendingTest('keys() does not read values, whatever these are', () => {
    const { env, items } = collectionOf({ key: tuple, value: utf8 });
    items.put(['a'], 'x'.repeat(100_000));
    env.read((txn) => {
      const keys = items.range({}, txn).keys().toArray();
      txn.end();
      env.resize();
      expect(keys.map((key) => [key.toArray(), key.state])).toEqual([[['a'], expectedState('copied')]]);
      expect(env.counters().bytesCopied).toBeLessThan(100);
    });
  });
});

type Step = (entry: Entry<number, unknown>) => void;
describe('a range that has opened its own transaction closes it', () => {
  const world1 = world();
  const { env, items } = world1;
  const fail: Step = () => {
    throw new Error('mine');
  };
  const cases: Record<string, () => unknown> = {
    'at the end': () => [...items.range({ limit: 5 })],
    'at the end of nothing': () => [...items.range({ gt: COUNT })],
    'at break': () => {
      for (const _ of items.range()) break;
    },
    'at a throw in the loop': () => expect(() => items.range().forEach(fail)).toThrow('mine'),
    'at return()': () => {
      const iterator = items.range()[Symbol.iterator]();
      iterator.next();
      iterator.return?.();
    },
    'at destructuring': () => {
      const [first] = items.range().keys();
      expect(first).toBe(0);
    },
    'at the end of take()': () => items.range().take(2).toArray(),
    'at a throw in map()': () => expect(() => items.range().map(fail).toArray()).toThrow('mine'),
    'at break out of filter() and map()': () => {
      for (const _ of items
        .range()
        .filter(() => true)
        .map((entry) => entry))
        break;
    },
    'at a throw in scan()': () => expect(() => items.scan({}, fail)).toThrow('mine'),
    'at the stop of scan()': () => items.scan({}, () => false),
    'at the end of count()': () => items.range({ gt: 3 }).count(),
    'at a break of for await': async () => {
      for await (const _ of items.range()) break;
    },
    'at a throw in for await': () =>
      expect(
        (async () => {
          for await (const _ of items.range()) throw new Error('mine');
        })(),
      ).rejects.toThrow('mine'),
  };

  test.each(Object.entries(cases))('%s', async (_, run) => {
    await run();
    // Lent values keep the snapshot until a drain, and resize() drains. It would throw if a transaction were still open.
    env.resize();
    expect(env.counters().snapshots).toBe(0);
  });
});

describe('an iterator past the end of its transaction', () => {
  test.each<[string, number]>([
    ['before the first step', 0],
    ['in the midst of a batch that was fetched', 3],
    ['between two batches', 8],
    ['after the last entry', COUNT],
  ])('throws ERR_TXN_ENDED %s', (_, steps) => {
    const { env, items } = shared;
    for (const part of [(r: ReturnType<typeof items.range>) => r, (r: ReturnType<typeof items.range>) => r.keys()]) {
      const txn = env.read();
      const iterator = part(items.range({}, txn))[Symbol.iterator]() as Iterator<unknown>;
      for (let i = 0; i < steps; i++) expect(iterator.next().done).toBe(false);
      txn.end();
      expect(codeOf(() => iterator.next())).toBe('ERR_TXN_ENDED');
      // The first call has closed the iterator, so the second one ends normally.
      expect(iterator.next()).toEqual({ done: true, value: undefined });
    }
  });

  test('ends as usual if it had come to its end', () => {
    const { env, items } = shared;
    const txn = env.read();
    const iterator = items.range({ limit: 2 }, txn).keys()[Symbol.iterator]();
    expect([...iterator]).toEqual([0, 1]);
    txn.end();
    expect(iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('throws inside a loop that ends its own transaction', () => {
    const { env, items } = shared;
    const txn = env.read();
    const seen: number[] = [];
    const loop = (): void => {
      for (const { key } of items.range({}, txn)) {
        seen.push(key);
        if (key === 1) txn.end();
      }
    };
    expect([codeOf(loop), seen]).toEqual(['ERR_TXN_ENDED', [0, 1]]);
    expect(codeOf(() => items.range({}, txn))).toBe('ERR_TXN_ENDED');
  });

  test('throws when the environment is closed in the loop', () => {
    const { env, items } = world();
    const entries: Entry<number, { byteLength: number }>[] = [];
    const loop = (): void => {
      for (const entry of items.range()) {
        entries.push(entry);
        env.close();
      }
    };
    expect(['ERR_TXN_ENDED', 'ERR_ENV_CLOSED']).toContain(codeOf(loop));
    expect([entries.length, entries[0]?.key, entries[0]?.value.byteLength]).toEqual([1, 0, 7]);
    expect(codeOf(() => items.range())).toBe('ERR_ENV_CLOSED');
  });

  test('of a range made before close() throws after it', () => {
    const { env, items } = world();
    const ranges = [items.range(), items.range().keys(), items.range().map((entry) => entry)];
    const iterator = items.range()[Symbol.iterator]();
    env.close();
    for (const range of ranges) expect(codeOf(() => range.toArray())).toBe('ERR_ENV_CLOSED');
    expect(codeOf(() => iterator.next())).toBe('ERR_ENV_CLOSED');
  });
});

describe('onEnd of a range that opens its own transaction', () => {
  test.each([
    ['invalidate', expectedState('expired')],
    ['copy', expectedState('copied')],
    [undefined, expectedState('copied')],
  ] as const)('%s makes what is kept %s', (onEnd, state) => {
    const { env, items } = shared;
    const options = { limit: 3, ...(onEnd === undefined ? {} : { onEnd }) };
    const values = items.range(options).values().toArray();
    env.resize();
    expect(values.map((value) => value.state)).toEqual([state, state, state]);
  });
});

describe('for await', () => {
  test('gives what a for loop gives, in one transaction', async () => {
    const { env, items } = shared;
    const keys: number[] = [];
    for await (const { key } of items.range({ reverse: true })) {
      keys.push(key);
      if (key === 2000) env.write(() => items.put(0, Buffer.from('value 0')));
    }
    expect(keys).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
    const doubles: number[] = [];
    for await (const double of items
      .range({ limit: 3 })
      .keys()
      .map((key) => key * 2))
      doubles.push(double);
    expect(doubles).toEqual([0, 2, 4]);
  });

  test('gives the event loop turns, which other loops do not', async () => {
    const { items } = shared;
    // Two milliseconds of work for each entry: twenty entries take far longer than the loop may block the event loop.
    const work = (): void => {
      for (const end = performance.now() + 2; performance.now() < end; );
    };
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    for (const _ of items.range({ limit: 20 })) work();
    expect(turns).toBe(0);
    for await (const _ of items.range({ limit: 20 })) work();
    counting = false;
    expect(turns).toBeGreaterThan(1);
  });
});

test('a scan counts no copied byte, nor does a range of which nothing is kept', () => {
  const { env, items } = world();
  let bytesSeen = 0;
  for (const { key, value } of items.range()) bytesSeen += value.byteLength + (key & 0);
  items.scan({}, ({ value }) => {
    bytesSeen -= value.byteLength;
  });
  expect(bytesSeen).toBe(0);
  expect(env.counters()).toMatchObject({ bytesCopied: 0, rowsMoved: 0 });
});
