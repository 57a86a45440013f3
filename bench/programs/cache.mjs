// A store in PostgreSQL behind caches: `npm run bench -- cache`. Gets, snapshots and commits beside `pg` alone, Redis and memcached; how much each strategy of a cache
// saves; a start with a cache that is full. With `--entries 1000000` in its long form. Servers and clients are processes; sockets are Unix sockets.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { strategyFigures } from '../harness/cache-strategies.mjs';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { memcachedIsThere, noMemcached, startMemcached } from '../harness/memcached.mjs';
import { endPostgres, noPostgres, postgresIsThere, startPostgres } from '../harness/postgres.mjs';
import { fillRedis, noRedis, redisIsThere, startRedis } from '../harness/redis.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { median } from '../harness/statistics.mjs';
import { turns } from '../harness/turns.mjs';

const script = (name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));

const EXPORTS = `
    export { bytes, utf8 } from 'lib/index.ts';
    export { connect } from 'lib/client/index.ts';
    export { clearCache } from 'lib/cache/stored-cache.ts';
    export { CheckpointedEngine } from 'lib/cache/checkpoints/checkpointed-engine.ts';
    export { FolderStore } from 'lib/cache/stores/folder-store.ts';
    export { connectCached } from 'lib/client/remote/connect-cached.ts';
    import { connectPostgres, installPostgres } from 'lib/postgres/connect-postgres.ts';
    export const install = (address) => installPostgres(address, undefined);
    export const connectEngine = (address, behind) =>
      connectPostgres([address], {}, { tls: undefined, timeout: 30000, onState: () => {}, ...behind });`;

/** A pass is repeated so often, in turn with those of the others. V8 compiles what has run for a while: the first ones do not count. */
const WARM_UPS = 3;
const PASSES = 7;

/** What is measured, and who takes part. */
const WORKLOADS = {
  hit: ['cached', 'pg', 'redis', 'memcached'],
  miss: ['cached', 'leasehold', 'pg'],
  'miss-1000': ['cached', 'leasehold', 'pg'],
  snapshot: ['leasehold'],
  head: ['leasehold', 'pg'],
  commit: ['leasehold', 'shared', 'pg'],
  'commit-100': ['leasehold', 'shared', 'pg'],
  'commit-16': ['leasehold', 'shared', 'pg'],
  'commit-16-at-once': ['leasehold', 'shared'],
};
/** Programs that measure by themselves, and tell what they found as JSON. */
const PROGRAMS = { restart: 'cache-restart', strategies: 'cache-strategies' };

/** Measures everything `rounds` times; prints a table and writes results/cache.json. */
export async function run({ rounds, entries = 100_000, workload, driver }) {
  if (!postgresIsThere) {
    console.log(`cache: left out, since ${noPostgres}`);
    return;
  }
  process.env.BENCH_LIBRARY = await bundleLibrary('cache', EXPORTS, ['pg']);
  if (!redisIsThere) console.log(`${noRedis}: no peer`);
  if (!memcachedIsThere) console.log(`${noMemcached}: no peer`);
  const result = newResult('cache', rounds);
  const absent = { redis: !redisIsThere, memcached: !memcachedIsThere };
  const takesPart = (name) => absent[name] !== true && (!driver || driver.includes(name));
  const isChosen = (name) => !workload || workload.includes(name);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push(await withServers(entries, (places) => measure(places, isChosen, takesPart)));
  }
  const figures = [...rows(), ...strategyFigures()]
    .filter(([, , measured]) => results.every((each) => Number.isFinite(measured(each))))
    .map(([name, unit, measured, target]) => figure(name, unit, results.map(measured), target));
  console.log(`cache: ${entries.toLocaleString('en')} rows, ${rounds} rounds\n${figureTable(figures)}\n`);
  if (!workload && !driver) saveResult({ ...result, figures });
}

async function withServers(entries, fn) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const ends = [];
  try {
    const postgres = await startPostgres(folder);
    ends.push(() => endPostgres(postgres.server));
    const places = { entries, postgres: postgres.socket, postmaster: postgres.server.pid };
    for (const [name, isThere, begin] of [
      ['redis', redisIsThere, () => startRedis(folder, 'redis')],
      ['memcached', memcachedIsThere, () => startMemcached(folder)],
    ]) {
      if (!isThere) continue;
      const { server, socket } = await begin();
      ends.push(() => endOf(server));
      places[name] = socket;
    }
    await fill(places);
    return await fn(places);
  } finally {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(places) {
  const [{ installStore }, { fill: fillPg }, { fill: fillMemcached }] = await Promise.all(
    ['leasehold', 'pg', 'memcached'].map((name) => import(`../drivers/cache/${name}.mjs`)),
  );
  await installStore(places);
  await fillPg(places);
  if (places.redis) await fillRedis(places.redis, { entries: places.entries, large: [] });
  if (places.memcached) await fillMemcached(places);
}

/** For each workload and contestant what its passes took; for each program what it has told. */
async function measure(places, isChosen, takesPart) {
  const text = JSON.stringify(places);
  const found = {};
  for (const [mode, drivers] of Object.entries(WORKLOADS)) {
    if (!isChosen(mode)) continue;
    const here = drivers.filter(takesPart);
    const times = await turns(script('cache-child'), here, (driver) => [mode, driver, text], WARM_UPS + PASSES);
    for (const name of here) times[name] = times[name].slice(WARM_UPS);
    found[mode] = times;
  }
  for (const [name, program] of Object.entries(PROGRAMS)) {
    if (isChosen(name)) found[name] = JSON.parse(await output(process.execPath, [script(program), text]));
  }
  return found;
}

async function endOf(server) {
  const exited = once(server, 'exit');
  server.kill();
  await exited;
}

const middle = (passes, field) => median(passes?.map((pass) => pass[field]) ?? [Number.NaN]);
const each = (mode, name, unit) => (found) => middle(found[mode]?.[name], 'time') / unit;
const rate = (mode, name) => (found) => 1e9 / middle(found[mode]?.[name], 'time');
/** How many times as much as the other one it takes: the median of the ratios of passes that were neighbours. */
const over =
  (mode, name, other, field = 'time') =>
  (found) => {
    const [above, below] = [found[mode]?.[name], found[mode]?.[other]];
    return above && below ? median(above.map((pass, i) => pass[field] / below[i][field])) : Number.NaN;
  };
const told = (name, field) => (found) => found[name]?.[field];

/** The ratio of the times that passed, and that of the processor times of client and server, which what else the machine does changes less. */
function both(what, mode, name, other, target) {
  return [
    [what, 'times', over(mode, name, other), target],
    ['the same by processor time', 'times', over(mode, name, other, 'work'), target],
  ];
}

/** Each figure: its name, its unit, its value from the results of a round, and its target. */
function rows() {
  const most = (limit) => ({ most: limit, travels: true });
  const least = (limit) => ({ least: limit, travels: true });
  return [
    ['get that the cache of the host has', 'µs', each('hit', 'cached', 1000), { most: 1.5 }],
    ['SELECT by pg over it', 'times', over('hit', 'pg', 'cached'), least(40)],
    ['GET of Redis over it', 'times', over('hit', 'redis', 'cached'), least(20)],
    ['get of memcached over it', 'times', over('hit', 'memcached', 'cached'), least(20)],
    ['get that the cache does not have', 'µs', each('miss', 'cached', 1000)],
    ...both('over SELECT by pg', 'miss', 'cached', 'pg', most(1.15)),
    ...both('without a cache, over SELECT by pg', 'miss', 'leasehold', 'pg', most(1.15)),
    ['getMany of 1,000 that the cache does not have', 'µs', each('miss-1000', 'cached', 1000)],
    ...both('over SELECT by pg', 'miss-1000', 'cached', 'pg', most(1.15)),
    ...both('without a cache, over SELECT by pg', 'miss-1000', 'leasehold', 'pg', most(1.15)),
    ['snapshot when nothing has changed', 'µs', each('snapshot', 'leasehold', 1000)],
    ['snapshot of all that was committed before', 'µs', each('head', 'leasehold', 1000)],
    ...both('over SELECT of the newest commit by pg', 'head', 'leasehold', 'pg'),
    ['commit', 'µs', each('commit', 'leasehold', 1000)],
    ...both('over an upsert by pg', 'commit', 'leasehold', 'pg', most(1.3)),
    ["the same with flush: 'shared'", 'times', over('commit', 'shared', 'pg')],
    ['commit of 100 records', 'µs', each('commit-100', 'leasehold', 1000)],
    ...both('over an upsert of 100 by pg', 'commit-100', 'leasehold', 'pg', most(1.3)),
    ["the same with flush: 'shared'", 'times', over('commit-100', 'shared', 'pg')],
    ['commits of 16 programs', 'a second', rate('commit-16', 'leasehold')],
    ["the same with flush: 'shared'", 'a second', rate('commit-16', 'shared')],
    ['upserts of 16 connections of pg', 'a second', rate('commit-16', 'pg')],
    ['a commit over such an upsert', 'times', over('commit-16', 'leasehold', 'pg')],
    ["the same with flush: 'shared'", 'times', over('commit-16', 'shared', 'pg')],
    ['commits of one program, 16 at once', 'a second', rate('commit-16-at-once', 'leasehold')],
    ["the same with flush: 'shared'", 'a second', rate('commit-16-at-once', 'shared')],
    ['start with a full cache, nothing changed', 'ms', told('restart', 'unchanged'), { most: 100 }],
    ['1,000 records changed by one commit', 'ms', told('restart', 'once'), { most: 100 }],
    ['1,000 records changed by 1,000 commits', 'ms', told('restart', 'each'), { most: 100 }],
  ];
}
