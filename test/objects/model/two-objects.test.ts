import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as objects from '../../../lib/objects/index.ts';
import { askChild, builtLibrary, WaitingChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { isLong } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import { randomNumbers, SEED } from '../../versions/random.ts';
import { workerProgram } from '../../workers/program.ts';
import { pairClass, setUp, sumOf, work } from './two-objects.mjs';

const modes = ['equal', 'phase'] as const;
/** Starting threads and processes takes time, so the short form does it in one mode. */
const oneMode = [modes[SEED % 2] ?? 'equal'] as const;
const someModes = isLong ? modes : oneMode;
/** What a transaction adds to the sum of both objects. */
const ADDS = { equal: 2, phase: 1 } as const;

const Pair = pairClass(objects);
const open = (path: string) => objects.openStore(path, { durability: 'nosync' });

function newStore() {
  const path = temporaryFolder();
  const store = open(path);
  setUp(store, Pair);
  return { path, store };
}

/** Opens a store in another thread or process. */
const shared = `
  const { openStore, ...objects } = await import(args.objects);
  const { work, pairClass, sumOf } = await import(args.two);
  pairClass(objects);
  const store = openStore(args.path, { durability: 'nosync' });`;

const args = (path: string) => ({
  path,
  seed: SEED,
  objects: `${builtLibrary()}/dist/objects.js`,
  two: fileURLToPath(new URL('two-objects.mjs', import.meta.url)),
});

test.each(modes)(`stores of one process that change two objects together: %s (seed ${SEED})`, async (mode) => {
  const { path, store } = newStore();
  const stores = [store, open(path), open(path)];
  const transactions = runs(8, 2000);
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      work(stores[i % stores.length] as objects.Store, { mode, transactions, random: randomNumbers(SEED + i) }),
    ),
  );
  for (const each of stores) expect(sumOf(each, mode)).toBe(8 * transactions * ADDS[mode]);
  for (const each of stores) each.close();
});

test.each(someModes)(`threads that change two objects together: %s (seed ${SEED})`, (mode) => {
  const { path, store } = newStore();
  const program = workerProgram({
    shared,
    main: `
      const workers = [0, 1, 2].map((number) => start({ number }));
      await Promise.all(workers.map(exitOf));
      tell(sumOf(store, args.mode));
      store.close();`,
    worker: `
      await Promise.all([0, 1].map((n) => {
        const random = randomOf(args.seed + 10 * workerData.number + n);
        return work(store, { mode: args.mode, transactions: args.transactions, random });
      }));
      store.close();`,
  });
  const transactions = runs(6, 1000);
  expect(askChild(program, { ...args(path), mode, transactions })).toBe(6 * transactions * ADDS[mode]);
  expect(sumOf(store, mode)).toBe(6 * transactions * ADDS[mode]);
  store.close();
});

/** Tells each commit. Works until it has made so many transactions, or is killed. */
const worker = (transactions: string) => `
  const randomOf = (seed) => (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
  ${shared}
  await Promise.all([0, 1].map((n) =>
    work(store, { mode: args.mode, transactions: ${transactions}, random: randomOf(args.seed + n), onCommit: tell })));
  store.close();
  tell('done');`;

test.each(someModes)(
  `processes that change two objects together, some of which are killed: %s (seed ${SEED})`,
  async (mode) => {
    const { path, store } = newStore();
    const transactions = runs(10, 1000);
    const given = { ...args(path), mode };
    const children = [1, 2].map(
      (n) => new WaitingChild(worker(String(transactions)), { ...given, seed: SEED + 10 * n }),
    );
    const sums: number[] = [];
    let last = 0;
    for (let kills = 0; kills < runs(2, 100); kills++) {
      const victim = new WaitingChild(worker('Infinity'), { ...given, seed: SEED + 1000 + kills });
      for (let i = 0; i < 6; i++) sums.push((await victim.next()) as number);
      await victim.kill();
      sums.push(...(victim.rest() as number[]));
      const sum = sumOf(store, mode);
      expect(sum).toBeGreaterThanOrEqual(Math.max(last, ...sums));
      last = sum;
    }
    for (const child of children) {
      for (let told: unknown; told !== 'done'; ) {
        told = await child.next();
        if (told !== 'done') sums.push(told as number);
      }
      await child.end();
    }
    // No two transactions have left the same sum: none was lost.
    expect(new Set(sums).size).toBe(sums.length);
    expect(sumOf(store, mode)).toBeGreaterThanOrEqual(sums.length * ADDS[mode]);
    store.close();
  },
);
