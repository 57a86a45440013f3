import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/fixture.ts';
import { type EngineLibrary, environmentStore } from '../engine/environment.ts';
import { checkHistory } from '../engine/history.ts';
import { checkTwoObjects } from '../engine/two-objects.mjs';
import { randomNumbers } from '../random.ts';
import { type Break, broken, found, some, tell } from './break.ts';
import { type Library, VersionModel } from './version-model.ts';

/**
 * Breaks each rule once, in a copy of the library, and checks that the model tests fail. Otherwise nobody would know whether these tests can
 * find mistakes.
 */

const engine = 'versions/engine/environment-engine.js';
const recent = 'versions/engine/recent-changes.js';
const commit = 'versions/engine/commit.js';

/** Mistakes that the tests of engines find. */
const OF_ENGINES: readonly Break[] = [
  {
    rule: 'a state is taken into the cache in the call that reads it',
    file: engine,
    from: 'for (const key of keys)\n            take(this.#load(key, at));',
    to: 'const states = Array.from(keys, (key) => this.#load(key, at)); return new Promise(setImmediate).then(() => states.forEach(take));',
  },
  {
    rule: 'processed() moves after the calls of onChange',
    file: engine,
    from: 'for (const listener of this.#listeners) {',
    to: 'this.#processed = change.tid; for (const listener of this.#listeners) {',
  },
  {
    rule: 'commits are told in order',
    file: engine,
    from: 'for (const change of changes)\n                this.#tell(change)',
    to: 'for (const change of changes.reverse()) this.#tell(change)',
  },
  {
    rule: 'no commit is left out',
    file: engine,
    from: 'for (const change of changes)\n                this.#tell(change)',
    to: 'for (const change of changes.slice(-1)) this.#tell(change)',
  },
  { rule: 'changes() leaves out none', file: 'versions/feed.js', from: 'this.#tid++', to: 'this.#tid += 2' },
  {
    rule: 'changes name all keys',
    file: 'versions/change-record.js',
    from: 'return { collection, keys, range: undefined',
    to: 'return { collection, keys: keys.slice(0, 1), range: undefined',
  },
  { rule: 'maps of changes take the largest tid', file: recent, from: '?.findLast(', to: '?.find(' },
  {
    rule: 'a state ends with the next commit',
    file: recent,
    from: '(changed) => changed > tid',
    to: '(changed) => changed > tid + 1',
  },
  {
    rule: 'a range counts as a change of its keys',
    file: recent,
    from: 'commit.tid > tid && covers(commit, key)',
    to: 'false',
  },
  {
    rule: 'own commits are not special',
    file: engine,
    from: 'return commit(this.#environment, request);',
    to: 'const done = await commit(this.#environment, request); if (done.tid > this.#processed) this.#processed = done.tid; return done;',
  },
  { rule: 'a state is that of the commit asked for', file: engine, from: '&& state.tid <= at)', to: ')' },
  { rule: 'what is absent is so as of the commit asked for', file: engine, from: 'if (isSame)', to: 'if (true)' },
  { rule: 'a range is that of the commit asked for', file: recent, from: 'if (after >= upTo)', to: 'if (true)' },
  {
    rule: 'a snapshot that is held stays',
    file: 'versions/engine/kept-snapshots.js',
    from: 'if (snapshot.holds > 0)',
    to: 'if (false)',
  },
  {
    rule: 'a commit is applied once',
    file: commit,
    from: 'base, commitId);',
    to: "base, process.getBuiltinModule('node:crypto').randomBytes(16));",
  },
  { rule: 'what was read is compared', file: commit, from: 'tid } of reads)', to: 'tid } of reads.splice(0))' },
  {
    rule: 'ids are committed before they are given',
    file: 'versions/engine/claimed-ids.js',
    from: 'saveLastId(transaction, before + count);',
    to: '',
  },
];

const shared = 'versions/shared-states.js';

/** Mistakes that the model of versions finds. */
const OF_VERSIONS: readonly Break[] = [
  { rule: 'V2: shared states are frozen', file: 'versions/freeze.js', from: 'freeze(object);', to: '' },
  {
    rule: 'V3: a shared state is that of the version read',
    file: shared,
    from: 'const tid = u32At(lease.values, tidAt + 4);',
    to: 'const tid = 1;',
  },
  {
    rule: 'V3: a number of a state that was evicted is free',
    file: shared,
    from: 'this.#states[number] = undefined;',
    to: '',
  },
  {
    rule: 'V4: changes name all keys',
    file: 'versions/change-record.js',
    from: 'return { collection, keys, range: undefined',
    to: 'return { collection, keys: keys.slice(0, 1), range: undefined',
  },
  {
    rule: 'V5: what is not committed is not shared',
    file: shared,
    from: 'found === NOT_COMMITTED ?',
    to: 'false ?',
  },
  {
    rule: 'a conditional change says whether it was made',
    file: 'versions/conditional.js',
    from: 'end) > 0)',
    to: 'end) >= 0)',
  },
];

const load = (folder: string, file: string) =>
  import(/* @vite-ignore */ pathToFileURL(join(folder, 'dist', file)).href);

async function engineLibrary(folder: string): Promise<EngineLibrary> {
  return {
    lib: await load(folder, 'index.js'),
    ...(await load(folder, 'transaction/environment-state.js')),
    ...(await load(folder, 'versions/engine/environment-engine.js')),
  };
}

async function checkEngine(library: EngineLibrary, seed: number): Promise<void> {
  const store = environmentStore({ count: 3 }, library);
  try {
    for (const name of ['items', 'objects']) await store.makeCollection(name);
    const engines = [await store.open(), await store.open()];
    await checkHistory(store, engines, 60, randomNumbers(seed));
    const mode = seed % 2 === 0 ? 'equal' : 'phase';
    await checkTwoObjects(engines, { mode, transactions: 10, randomOf: (worker) => randomNumbers(seed + worker) });
  } finally {
    await store.close();
  }
}

/** The number of seeds with which a test tries to find a mistake. */
const SEEDS = 20;

test.each(some(OF_ENGINES))('the tests of engines find it if not: $rule', async (what) => {
  const library = await engineLibrary(broken(what));
  const how = await found((seed) => checkEngine(library, seed), SEEDS);
  tell(what.rule, how);
  expect(how).not.toBe('');
});

test.each(some(OF_VERSIONS))('the model finds it if not: $rule', async (what) => {
  const lib = (await load(broken(what), 'index.js')) as Library;
  const how = await found(
    (seed) => new VersionModel({ lib, path: temporaryFolder(), seed, newFolder: temporaryFolder }).run(500),
    SEEDS,
  );
  tell(what.rule, how);
  expect(how).not.toBe('');
});
