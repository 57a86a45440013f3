import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { askChild, builtLibrary, WaitingChild } from '../../support/child.ts';
import { runs } from '../../support/runs.ts';
import { workerProgram } from '../../workers/program.ts';
import { SEED } from '../random.ts';
import { environmentStore } from './environment.ts';
import { type CacheEntry, checkEntries, reach, setUp } from './two-objects.mjs';

/** The test of two-objects.mjs with several threads and processes, each with a separate engine. suite.ts runs it in one process. */

const modes = ['equal', 'phase'] as const;

const args = (path: string) => ({
  path,
  seed: SEED,
  dist: `${builtLibrary('files')}/dist`,
  objects: fileURLToPath(new URL('two-objects.mjs', import.meta.url)),
});

/** Opens an engine. */
const shared = `
  const { EnvironmentState } = await import(args.dist + '/transaction/environment-state.js');
  const { EnvironmentEngine } = await import(args.dist + '/versions/engine/environment-engine.js');
  const { work, setUp, checkEntries, reach } = await import(args.objects);
  const openEngine = () => {
    const state = new EnvironmentState(args.path, { durability: 'nosync' });
    return { state, engine: new EnvironmentEngine(state) };
  };`;

test.each(modes)(`threads that change two objects together: %s (seed ${SEED})`, async (mode) => {
  const store = environmentStore();
  await store.makeCollection('objects');
  const program = workerProgram({
    shared,
    main: `
      const { state, engine } = openEngine();
      await setUp(engine);
      const workers = [0, 1, 2, 3].map((number) => start({ number }));
      const exited = Promise.all(workers.map(exitOf));
      const entries = (await Promise.all(workers.map((worker) => once(worker, 'message')))).map(([caches]) => caches);
      await exited;
      await reach(engine, args.transactions * 8 + 1);
      tell([engine.processed(), await checkEntries(engine, entries.flat())]);
      engine.close();
      state.close();`,
    worker: `
      const { state, engine } = openEngine();
      const caches = await Promise.all([0, 1].map((n) => {
        const random = randomOf(args.seed + 10 * workerData.number + n);
        return work(engine, { mode: args.mode, transactions: args.transactions, random });
      }));
      engine.close();
      state.close();
      say(caches);`,
  });
  const transactions = runs(6, 1000);
  const [processed, entries] = askChild(program, { ...args(store.path), mode, transactions }) as [number, number];
  // One more commit made the objects.
  expect(processed).toBe(8 * transactions + 1);
  expect(entries).toBeGreaterThan(8 * transactions);
  await store.close();
});

/** Works until it is told the number of transactions after which to stop. Reports each commit and each range of ids. */
const worker = (transactions: string) => `
  const randomOf = (seed) => (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
  ${shared}
  const { state, engine } = openEngine();
  const caches = await Promise.all([0, 1].map((n) => {
    const onCommit = async (tid) => {
      tell({ tid });
      tell({ ids: await engine.claimIds(1 + (tid % 5)) });
    };
    return work(engine, { mode: args.mode, transactions: ${transactions}, random: randomOf(args.seed + n), onCommit });
  }));
  await engine.claimIds(1);
  engine.close();
  state.close();
  tell({ caches });`;

interface Told {
  tid?: number;
  ids?: [number, number];
  caches?: CacheEntry[][];
}

test.each(modes)(
  `processes that change two objects together, one of which is killed: %s (seed ${SEED})`,
  async (mode) => {
    const store = environmentStore();
    await store.makeCollection('objects');
    const engine = await store.open();
    await setUp(engine);
    const transactions = runs(10, 1000);
    const given = { ...args(store.path), mode };
    const workers = [1, 2].map(
      (n) => new WaitingChild(worker(String(transactions)), { ...given, seed: SEED + 10 * n }),
    );
    const told: Told[] = [];
    for (let kills = 0; kills < runs(2, 50); kills++) {
      const victim = new WaitingChild(worker('Infinity'), { ...given, seed: SEED + 1000 + kills });
      for (let i = 0; i < 8; i++) told.push((await victim.next()) as Told);
      await victim.kill();
      told.push(...(victim.rest() as Told[]));
    }
    const caches: CacheEntry[][] = [];
    for (const child of workers) {
      for (let last: Told = {}; last.caches === undefined; ) {
        last = (await child.next()) as Told;
        told.push(last);
      }
      caches.push(...(told.at(-1)?.caches ?? []));
      await child.end();
    }
    const tids = told.flatMap(({ tid }) => tid ?? []);
    await reach(engine, Math.max(...tids));
    expect(await checkEntries(engine, caches)).toBeGreaterThan(2 * transactions);
    // Batches of one process may share a commit, but these are in conflict with each other.
    expect(new Set(tids).size).toBe(tids.length);
    expect(Math.max(...tids)).toBeLessThanOrEqual(engine.processed());
    const ids = told.flatMap(({ ids: range }) =>
      range === undefined ? [] : Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i),
    );
    expect(new Set(ids).size).toBe(ids.length);
    await store.close();
  },
);
