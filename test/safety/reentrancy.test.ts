import { describe, expect, test } from 'vitest';
import { bytes, type CustomCodec, type ReadTransaction, tuple, uint32, utf8, type Value } from '../../lib/index.ts';
import { collectionOf, openTemporary, untyped } from '../support/fixture.ts';

/** Code that a custom codec runs the first time that it decodes something. */
let interruption: (() => void) | undefined;
function interrupt(): void {
  const now = interruption;
  interruption = undefined;
  now?.();
}

const interrupting: CustomCodec<number, number> = {
  name: 'interrupting',
  encode: (value) => {
    interrupt();
    return Buffer.from(String(value));
  },
  decode: (stored) => {
    interrupt();
    return Number(Buffer.from(stored).toString());
  },
};

function world() {
  const { env, items } = collectionOf({ key: uint32, value: interrupting });
  const others = env.collection('others', { key: tuple, value: bytes });
  env.write(() => {
    for (let i = 0; i < 600; i++) {
      items.append(i, i * 7);
      others.put(['other', i], Buffer.from(`other ${i}`));
    }
  });
  return { env, items, others };
}
type World = ReturnType<typeof world>;

const interruptions: Record<string, (world: World, txn: ReadTransaction) => void> = {
  'ends the transaction': (_, txn) => txn.end(),
  'closes the environment': ({ env }) => env.close(),
  'reads as much as a table holds': ({ items, others, env }, txn) => {
    for (let i = 0; i < 20; i++) {
      others.range({}, txn).toArray();
      others.getMany(
        Array.from({ length: 300 }, (_, k) => ['other', k]),
        txn,
      );
      others.scan({}, () => {});
      for (let k = 0; k < 600; k++) others.get(['other', k], txn);
    }
    expect(env.read(() => items.count())).toBe(600);
  },
  'writes over what is being read': ({ env, items }) => {
    if (env.isOpen) env.write(() => items.put(599, -1));
    for (let i = 0; i < 100; i++) items.put(i % 3, i);
  },
  'is interrupted again': ({ items }, txn) => {
    interruption = () => void items.getMany([9, 8, 7], txn);
    expect(items.get(5, txn)).toBe(35);
  },
  throws: () => {
    throw Object.assign(new TypeError('mine'), { code: 'ERR_INVALID_ARG_TYPE' });
  },
};

const all = Array.from({ length: 600 }, (_, i) => i * 7);
const uses: Record<string, (world: World, txn: ReadTransaction) => unknown> = {
  get: ({ items }, txn) => items.get(3, txn),
  getMany: ({ items }, txn) => items.getMany([1, 2, 3, 599], txn),
  'getMany with keys that interrupt': ({ items }, txn) =>
    items.getMany(
      (function* () {
        yield 1;
        interrupt();
        yield 2;
      })(),
      txn,
    ),
  range: ({ items }, txn) =>
    items
      .range({}, txn)
      .map(({ value }) => value)
      .toArray(),
  'range().values()': ({ items }, txn) => items.range({}, txn).values().toArray(),
  scan: ({ items }, txn) => {
    const seen: number[] = [];
    items.scan({}, ({ value }) => void seen.push(value), txn);
    return seen;
  },
  'range with an option that interrupts': ({ items }, txn) =>
    items.range(interruptingOptions(), txn).values().toArray(),
  'scan with an option that interrupts': ({ items }, txn) => {
    const seen: number[] = [];
    items.scan(interruptingOptions(), ({ value }) => void seen.push(value), txn);
    return seen;
  },
  'count with an option that interrupts': ({ items }, txn) => items.count(interruptingOptions(), txn),
  'get with a key that interrupts': ({ others }, txn) => {
    const key = Object.defineProperty(['other', 0], 1, {
      get: () => {
        interrupt();
        return 7;
      },
    });
    return others.get(key, txn)?.toBuffer().toString();
  },
};

function interruptingOptions(): object {
  return {
    get gte(): number {
      interrupt();
      return 0;
    },
  };
}

const results: Record<string, unknown> = {
  get: 21,
  getMany: [7, 14, 21, 4193],
  'getMany with keys that interrupt': [7, 14],
  'count with an option that interrupts': 600,
  'get with a key that interrupts': 'other 7',
};

describe.each(Object.keys(uses))('%s, interrupted by user code that', (name) => {
  test.each(Object.keys(interruptions))('%s, gives what it should or a documented error', (what) => {
    const made = world();
    const txn = made.env.read();
    const held = made.others.range({ limit: 50 }, txn).toArray();
    interruption = () => interruptions[what]?.(made, txn);
    let outcome: unknown;
    let failed = false;
    try {
      outcome = uses[name]?.(made, txn);
    } catch (error) {
      failed = true;
      expect(untyped(error)).toBeUndefined();
    }
    expect(interruption).toBeUndefined();
    // The result is that of the snapshot, whatever was written meanwhile. No key gets the value of another.
    if (!failed) expect(outcome).toEqual(results[name] ?? all);
    if (!/ends|closes|throws/.test(what)) expect(failed).toBe(false);
    txn.end();
    if (made.env.isOpen) {
      made.env.write(() => made.others.clear());
      made.env.resize();
      expect(made.env.counters().snapshots).toBe(0);
    }
    expect(held.every(({ key, value }, i) => key.at(1) === i && value.toBuffer().toString() === `other ${i}`)).toBe(
      true,
    );
  });
});

test('environments of one thread do not mix, read in turn, one of them resized', async () => {
  const worlds = [0, 1, 2].map((n) => {
    const env = openTemporary({ mapSize: 2 ** 24 });
    const items = env.collection('items', { key: uint32, value: bytes });
    env.write(() => {
      for (let i = 0; i < 2000; i++) items.append(i, Buffer.from(`${n} ${i} `.repeat(1 + (i % 9))));
    });
    if (n === 1) for (let i = 0; i < 5; i++) env.resize(2 ** 25 + i * 4096);
    return { env, items, txn: env.read() };
  });
  const held: [string, Value][] = [];
  const iterators = worlds.map(({ items, txn }) => items.range({}, txn)[Symbol.iterator]());
  for (let i = 0; i < 2000; i++) {
    for (const [n, { items, txn }] of worlds.entries()) {
      const wanted = (k: number): string => `${n} ${k} `.repeat(1 + (k % 9));
      const step = iterators[n]?.next().value;
      const key = (i * 37) % 2000;
      held.push([wanted(i), step?.value as Value], [wanted(key), items.get(key, txn) as Value]);
      if (i % 100 === 0) {
        for (const [at, value] of items.getMany([key, i], txn).entries())
          held.push([wanted(at === 0 ? key : i), value as Value]);
      }
    }
  }
  const right = (): boolean => held.every(([text, value]) => value.toBuffer().toString() === text);
  expect(right()).toBe(true);
  for (const { env, txn } of worlds.slice(0, 2)) {
    txn.end();
    env.close();
  }
  expect(right()).toBe(true);
  worlds[2]?.txn.end();
  await worlds[2]?.txn.drained;
  expect(right()).toBe(true);
  expect(collectionOf({ key: utf8, value: utf8 }).items.count()).toBe(0);
});
