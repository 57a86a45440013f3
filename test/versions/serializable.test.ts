import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Collection, type OptimisticTransaction, uint32 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { Random, SEED } from './random.ts';

type Items = Collection<number, number, number, number>;
type State = Record<number, number>;
type Isolation = 'serializable' | 'snapshot';

const codecs = { key: uint32, value: uint32, versions: true } as const;

/** Calls `fn` outside of any transaction. */
const outside: <T>(fn: () => T) => T = AsyncResource.bind((fn) => fn());

/** A transaction: what it reads, and how it writes the result of that. */
interface Step {
  readonly read: () => number;
  readonly write: (sum: number) => void;
}

/**
 * A random program. It reads keys, ranges and counts, and writes sums of what it has read. The same seed makes the same program, on any store
 * with `Reads` and `Writes`.
 */
function program(seed: number, store: Store): { steps: (() => number)[]; finish: (sum: number) => void } {
  const random = new Random(seed);
  const steps: (() => number)[] = [];
  for (let n = 1 + random.below(3); n > 0; n--) {
    const key = random.below(8);
    const from = random.below(8);
    const way = random.below(5);
    if (way < 2) steps.push(() => store.get(key) ?? 1000);
    else if (way === 2)
      steps.push(() => store.range(from, from + 3, false).reduce((sum, [k, v]) => sum * 3 + k + v, 7));
    else if (way === 3) steps.push(() => store.range(0, from, true, 2).reduce((sum, [k, v]) => sum * 3 + k + v, 7));
    else steps.push(() => store.count(from));
  }
  const writes = Array.from({ length: random.below(3) }, () => [random.below(8), random.below(4)] as const);
  const finish = (sum: number): void => {
    for (const [key, how] of writes) {
      if (how === 0) store.del(key);
      else if (how === 1 && key > 5) store.clear(key);
      else store.put(key, sum % 1000);
    }
  };
  return { steps, finish };
}

interface Store {
  get(key: number): number | undefined;
  range(gte: number, lt: number, reverse: boolean, limit?: number): [number, number][];
  count(gte: number): number;
  put(key: number, value: number): void;
  del(key: number): void;
  clear(gte: number): void;
}

function storeOf(items: Items, txn: OptimisticTransaction): Store {
  return {
    get: (key) => items.get(key, txn),
    range: (gte, lt, reverse, limit) =>
      items
        .range({ gte, lt, reverse, ...(limit === undefined ? {} : { limit }) }, txn)
        .toArray()
        .map(({ key, value }) => [key, value]),
    count: (gte) => items.count({ gte }, txn),
    put: (key, value) => items.put(key, value, txn),
    del: (key) => void items.del(key, txn),
    clear: (gte) => void items.clear({ gte }, txn),
  };
}

function modelOf(state: State): Store {
  const sorted = (): [number, number][] => Object.entries(state).map(([key, value]) => [Number(key), value]);
  return {
    get: (key) => state[key],
    range: (gte, lt, reverse, limit) => {
      const inside = sorted().filter(([key]) => key >= gte && key < lt);
      return (reverse ? inside.reverse() : inside).slice(0, limit);
    },
    count: (gte) => sorted().filter(([key]) => key >= gte).length,
    put: (key, value) => {
      state[key] = value;
    },
    del: (key) => {
      delete state[key];
    },
    clear: (gte) => {
      for (const [key] of sorted()) if (key >= gte) delete state[key];
    },
  };
}

const runModel = (seed: number, state: State): number => {
  const { steps, finish } = program(seed, modelOf(state));
  const sum = steps.reduce((total, step) => total * 5 + step(), 1) % 1e6;
  finish(sum);
  return sum;
};

/** Whether some serial order of the programs gives the same answers and the same state. Tries every order. */
function isSerial(seeds: number[], sums: number[], before: State, after: State): boolean {
  if (seeds.length === 0) return JSON.stringify(before) === JSON.stringify(after);
  return seeds.some((seed, i) => {
    const state = { ...before };
    if (runModel(seed, state) !== sums[i]) return false;
    return isSerial(seeds.toSpliced(i, 1), sums.toSpliced(i, 1), state, after);
  });
}

const stateOf = (items: Items): State =>
  Object.fromEntries(
    items
      .range()
      .toArray()
      .map(({ key, value }) => [key, value]),
  );

const ROUNDS = isLong ? 3000 : 60;

test(`transactions that run at the same time do what some serial order of them does (seed ${SEED})`, {
  timeout: 300_000,
}, async () => {
  const random = new Random(SEED);
  const { env, items } = collectionOf(codecs);
  let conflicts = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const seeds = Array.from({ length: 4 }, () => random.below(2 ** 31));
    const before = stateOf(items);
    const sums = await Promise.all(
      seeds.map((seed) => {
        let runs = 0;
        return env.transact(
          async (txn) => {
            if (runs++ > 0) conflicts++;
            const { steps, finish } = program(seed, storeOf(items, txn));
            let total = 1;
            for (const step of steps) {
              total = total * 5 + step();
              if (seed % 3 > 0) await turn();
            }
            finish(total % 1e6);
            return total % 1e6;
          },
          { retries: 100 },
        );
      }),
    );
    expect(isSerial(seeds, sums, before, stateOf(items)), `round ${round}`).toBe(true);
  }
  expect(conflicts).toBeGreaterThan(0);
});

/** Runs two transactions at the same time: both finish `first` before either begins `then`. Returns how often each ran. */
async function both(
  isolation: Isolation,
  fns: [Step, Step],
  env: ReturnType<typeof collectionOf>['env'],
): Promise<number> {
  let runs = 0;
  let waiting = 0;
  await Promise.all(
    fns.map(({ read, write }) =>
      env.transact(
        async () => {
          runs++;
          const sum = read();
          waiting++;
          while (waiting < 2) await turn();
          write(sum);
        },
        { isolation },
      ),
    ),
  );
  return runs;
}

test('write skew is a conflict, and under snapshot isolation it is not', async () => {
  for (const [isolation, runs, left] of [
    ['serializable', 3, 1],
    ['snapshot', 2, 0],
  ] as const) {
    const { env, items } = collectionOf(codecs);
    items.put(1, 1);
    items.put(2, 1);
    // Each transaction sets its key to 0 only if the other key is 1.
    const step = (own: number, other: number): Step => ({
      read: () => items.get(other) as number,
      write: (there) => there === 1 && items.put(own, 0),
    });
    expect(await both(isolation, [step(1, 2), step(2, 1)], env)).toBe(runs);
    expect((items.get(1) as number) + (items.get(2) as number)).toBe(left);
  }
});

test.each([
  ['a range', (items: Items) => items.range({ gte: 10, lt: 20 }).toArray().length],
  ['a range in reverse', (items: Items) => items.range({ gte: 10, lt: 20, reverse: true }).toArray().length],
  ['keys', (items: Items) => items.range({ gte: 10, lt: 20 }).keys().toArray().length],
  [
    'a scan',
    (items: Items) => {
      let count = 0;
      items.scan({ gte: 10, lt: 20 }, () => void count++);
      return count;
    },
  ],
  ['a count', (items: Items) => items.count({ gte: 10, lt: 20 })],
  ['a count of all', (items: Items) => items.count()],
  ['keys that are absent', (items: Items) => [15, 16].filter((key) => items.has(key)).length],
  ['getMany', (items: Items) => items.getMany([15, 16]).filter((value) => value !== undefined).length],
] as const)('an entry that appears in what was read by %s is a conflict', async (_name, read) => {
  for (const [isolation, runs, total] of [
    ['serializable', 3, 2],
    ['snapshot', 2, 0],
  ] as const) {
    const { env, items } = collectionOf(codecs);
    const step = (key: number): Step => ({ read: () => read(items), write: (sum) => items.put(key, sum) });
    expect(await both(isolation, [step(15), step(16)], env)).toBe(runs);
    expect((items.get(15) as number) * 2 + (items.get(16) as number) * 2).toBe(total);
  }
});

test('a lost update is a conflict under both isolations, even if the key was not read', async () => {
  for (const isolation of ['serializable', 'snapshot'] as const) {
    const { env, items } = collectionOf(codecs);
    const step = (value: number): Step => ({ read: () => 0, write: () => items.put(1, value) });
    expect(await both(isolation, [step(1), step(2)], env)).toBe(3);
  }
});

test('what is outside of the ranges and keys that were read and written is no conflict', async () => {
  const { env, items } = collectionOf(codecs);
  for (let key = 0; key < 100; key++) items.put(key, key);
  let runs = 0;
  await env.transact(async () => {
    runs++;
    expect(
      items
        .range({ gte: 10, limit: 3 })
        .toArray()
        .map(({ key }) => key),
    ).toEqual([10, 11, 12]);
    expect(
      items
        .range({ lt: 50, reverse: true, limit: 2 })
        .toArray()
        .map(({ key }) => key),
    ).toEqual([49, 48]);
    items.put(60, 0);
    expect(items.get(60)).toBe(0);
    outside(() => {
      for (const key of [9, 13, 47, 50, 59, 61]) items.put(key, 1000);
      items.del(14);
    });
  });
  expect(runs).toBe(1);
});
