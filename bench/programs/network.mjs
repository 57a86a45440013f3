// A store on a server, beside bare sockets, Redis with ioredis, and JSON lines over HTTP: `npm run bench -- network`. With `--entries 1000000` in its long form, which
// has a value of 512 MiB, too. Servers and clients are processes; sockets are Unix sockets.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { opensslIsThere } from '../harness/certificate.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { LARGE, ownMemory, processorTime } from '../harness/network.mjs';
import { endPostgres, noPostgres, postgresIsThere, startPostgres } from '../harness/postgres.mjs';
import { fillRedis, noRedis, redisIsThere, startRedis } from '../harness/redis.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { median } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('network-child.mjs', import.meta.url));

const EXPORTS = `
    export { bytes, open, utf8 } from 'lib/index.ts';
    export { connect } from 'lib/client/index.ts';
    export { serve } from 'lib/server/index.ts';
    export { idOf, openStore, persistent, ref, t } from 'lib/objects/index.ts';
    export { dial } from 'lib/client/remote/dial.ts';
    export { RemoteEngine } from 'lib/client/remote/remote-engine.ts';
    export { parseAddress } from 'lib/wire/address.ts';`;

/** A pass is repeated so often, in turn with those of the others: first without counting, since V8 compiles what has run for a while. */
const WARM_UPS = 4;
const PASSES = 5;
const IDLE_CLIENTS = 1000;

/** The rows: a name, the modes of the clients, the argument of each pass, and who takes part. The first part of a name is that of --workload. */
function workloads(large) {
  return [
    { name: 'get', mode: 'get', drivers: ['leasehold', 'raw', 'redis'] },
    { name: 'get-100', mode: 'get-100', drivers: ['leasehold', 'raw', 'redis'] },
    { name: 'get-8', mode: 'get-8', drivers: ['leasehold', 'redis'] },
    { name: 'many', mode: 'many', drivers: ['leasehold', 'redis'] },
    ...large.map((size) => ({
      name: `large-${size}`,
      mode: 'large',
      argument: size,
      drivers: ['leasehold', 'kept', 'raw', 'redis', 'tls'],
    })),
    { name: 'scan', mode: 'scan', drivers: ['leasehold', 'byte-keys', 'c', 'http', 'redis'] },
    { name: 'value', mode: 'value', drivers: ['leasehold'] },
    { name: 'hit', mode: 'hit', drivers: ['cached', 'redis'] },
    { name: 'beside', mode: 'beside', argument: large.at(-1), drivers: ['leasehold'] },
    { name: 'walk', mode: 'walk', drivers: ['walk', 'walk-hints', 'walk-learned'] },
    { name: 'commit', mode: 'commit', drivers: ['leasehold', 'redis', 'postgres', 'lmdb'], commits: 'sync' },
    { name: 'commit-64', mode: 'commit-64', drivers: ['leasehold', 'redis', 'postgres', 'lmdb'], commits: 'sync' },
    { name: 'told', mode: 'told', drivers: ['leasehold', 'redis'], commits: 'nosync' },
    { name: 'idle', mode: 'idle', argument: String(IDLE_CLIENTS), drivers: ['leasehold', 'redis'] },
  ];
}

/** Measures everything `rounds` times; prints a table and writes results/network.json. */
export async function run({ rounds, entries = 100_000, workload, driver }) {
  if (process.platform !== 'linux') throw new Error('the suite network reads /proc, which only Linux has');
  process.env.BENCH_LIBRARY = await bundleLibrary('network', EXPORTS);
  if (!redisIsThere) console.log(`${noRedis}: no peer`);
  if (!postgresIsThere) console.log(`${noPostgres}: no peer of commits`);
  const result = newResult('network', rounds);
  const data = { entries, large: entries >= 1_000_000 ? Object.keys(LARGE) : ['64'] };
  const chosen = workloads(data.large).filter(({ name }) => !workload || workload.includes(name));
  const absent = { redis: !redisIsThere, postgres: !postgresIsThere, tls: !opensslIsThere };
  const takesPart = (name) => absent[name] !== true && (!driver || driver.includes(name));
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const measured = {};
    for (const each of chosen) {
      const contestants = each.drivers.filter(takesPart);
      measured[each.name] = await measure(each, contestants, data);
    }
    results.push(measured);
  }
  const figures = rows(data.large)
    .filter(([, , value]) => results.every((each) => Number.isFinite(value(each))))
    .map(([name, unit, value, target]) => figure(name, unit, results.map(value), target));
  console.log(`network: ${entries.toLocaleString('en')} rows, ${rounds} rounds\n${figureTable(figures)}\n`);
  if (!workload && !driver) saveResult({ ...result, figures });
}

/** What a pass of each contestant takes: the median of several, in which they take turns. Times in ns, memory in bytes. */
async function measure({ mode, argument, commits }, contestants, data) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const parts = [];
  try {
    for (const driver of contestants) {
      const part = { driver, server: await startServer(driver, folder, data, commits), passes: [] };
      // A server whose client fails is ended, too.
      parts.push(part);
      part.client = await start(driver, mode, part.server.address, data);
    }
    const [warmUps, passes] = mode === 'idle' ? [0, 1] : [WARM_UPS, PASSES];
    for (let pass = 0; pass < warmUps + passes; pass++) {
      for (const { server, client, passes: measured } of parts) {
        const taken = await passOf(server, client, argument);
        if (pass >= warmUps) measured.push(taken);
      }
    }
    return Object.fromEntries(parts.map(({ driver, passes: measured }) => [driver, middle(measured)]));
  } finally {
    for (const { server, client } of parts) {
      await Promise.all([client && end(client.child), (server.end ?? end)(server.child)]);
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The median of each time; the most memory. */
function middle(passes) {
  const names = Object.keys(passes[0]);
  return Object.fromEntries(
    names.map((name) => {
      const values = passes.map((pass) => pass[name]);
      return [name, name.endsWith('Peak') ? Math.max(...values) : median(values)];
    }),
  );
}

/** What a pass takes: `each` and the processor's times are for each operation, or for each byte of a large value. */
async function passOf(server, client, argument) {
  const pids = [client.child.pid, server.child.pid];
  const before = pids.map(processorTime);
  const memory = pids.map(ownMemory);
  const peaks = [...memory];
  const watch = setInterval(() => {
    for (let i = 0; i < 2; i++) peaks[i] = Math.max(peaks[i], ownMemory(pids[i]));
  }, 2);
  const answer = once(client.child, 'message');
  client.child.send(argument ?? '');
  const [{ ns, count, p50, p99, wasted }] = await Promise.race([answer, client.ended]);
  clearInterval(watch);
  const [clientTime, serverTime] = pids.map((pid, i) => (processorTime(pid) - before[i]) / count);
  const [clientPeak, serverPeak] = pids.map((pid, i) => Math.max(peaks[i], ownMemory(pid)) - memory[i]);
  return {
    each: ns / count,
    client: clientTime,
    server: serverTime,
    busier: Math.max(clientTime, serverTime),
    clientPeak,
    serverPeak,
    p50,
    p99,
    wasted,
  };
}

async function startServer(driver, folder, data, commits) {
  if (driver === 'postgres') {
    const { server, socket } = await startPostgres(folder);
    return { child: server, address: socket, end: endPostgres };
  }
  if (driver !== 'redis') {
    const server = await start(driver, 'serve', folder, { ...data, durability: commits });
    return { child: server.child, address: server.told };
  }
  const { server, socket } = await startRedis(
    folder,
    'redis',
    commits === 'sync' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [],
  );
  if (commits === undefined) await fillRedis(socket, data);
  return { child: server, address: socket };
}

async function start(driver, mode, place, data) {
  const started = fork(child, [driver, mode, place, JSON.stringify(data)], {
    execArgv: ['--expose-gc', ...process.execArgv],
  });
  const hasEnded = ended(started);
  const [told] = await Promise.race([once(started, 'message'), hasEnded]);
  hasEnded.catch(() => {});
  return { child: started, told, ended: hasEnded };
}

async function ended(process) {
  const [code, signal] = await once(process, 'exit');
  throw new Error(`a process of the suite network has ended with ${signal ?? `exit code ${code}`}`);
}

async function end(process) {
  const exited = once(process, 'exit');
  if (process.connected) process.disconnect();
  else process.kill();
  await exited;
}

const MILLION = 1e6;
const of =
  (name, driver, field, unit = 1) =>
  (results) =>
    results[name]?.[driver]?.[field] / unit;
const rate = (name, driver) => (results) => 1e9 / results[name]?.[driver]?.each;
/** How many times as much as this the other one takes. */
const over =
  (name, over, under, field = 'each') =>
  (results) =>
    results[name]?.[over]?.[field] / results[name]?.[under]?.[field];

/** Each figure: its name, its unit, its value from the results of a round, and its target. */
function rows(large) {
  return [
    ['get, one at a time', 'a second', rate('get', 'leasehold')],
    ['over an echo on bare sockets', 'times', over('get', 'raw', 'leasehold'), { least: 0.8, travels: true }],
    [
      'processor time of both over that of the echo',
      'times',
      (r) => both(r.get?.leasehold) / both(r.get?.raw),
      { most: 1.3, travels: true },
    ],
    ...rates('get-100', 'get, 100 at a time', { least: 2, travels: true }),
    ...rates('get-8', 'get, 100 at a time of each of 8 clients', { least: 3, travels: true }),
    ['getMany of 100 keys', 'a second', rate('many', 'leasehold')],
    ['over MGET of Redis', 'times', over('many', 'redis', 'leasehold'), { least: 1, travels: true }],
    [
      'the same by the time of the busier process',
      'times',
      over('many', 'redis', 'leasehold', 'busier'),
      { least: 1, travels: true },
    ],
    ...large.flatMap((size) => largeRows(size)),
    ['scan of all rows: each', 'ns', of('scan', 'leasehold', 'each')],
    ['processor time of the client', 'ns', of('scan', 'leasehold', 'client')],
    ['processor time of the server', 'ns', of('scan', 'leasehold', 'server')],
    ['SCAN and MGET of Redis over it', 'times', over('scan', 'redis', 'leasehold'), { least: 15, travels: true }],
    ['JSON lines over HTTP over it', 'times', over('scan', 'http', 'leasehold'), { least: 6, travels: true }],
    ['its rate over that of C loops', 'times', over('scan', 'c', 'leasehold'), { least: 0.6, travels: true }],
    ['with keys as bytes, as the C loops have them: each', 'ns', of('scan', 'byte-keys', 'each')],
    ['processor time of the client', 'ns', of('scan', 'byte-keys', 'client')],
    ['its rate over that of C loops', 'times', over('scan', 'c', 'byte-keys'), { least: 0.6, travels: true }],
    ['a Value made of a received row', 'ns', of('value', 'leasehold', 'each'), { most: 15 }],
    ['get that the cache has', 'µs', of('hit', 'cached', 'each', 1000), { most: 1.5 }],
    ['GET of Redis over it', 'times', over('hit', 'redis', 'cached'), { least: 20, travels: true }],
    [
      `gets beside a value of ${large.at(-1)} MiB, half of them`,
      'ms',
      of('beside', 'leasehold', 'p50', MILLION),
      { most: 1 },
    ],
    ['99 of 100', 'ms', of('beside', 'leasehold', 'p99', MILLION), { most: 10 }],
    ['walk of 10,000 objects, one a trip: each', 'µs', of('walk', 'walk', 'each', 1000)],
    ['over that of objects that hints have brought', 'times', over('walk', 'walk', 'walk-hints'), { least: 20 }],
    [
      'over that of objects that the server has sent ahead',
      'times',
      over('walk', 'walk', 'walk-learned'),
      { least: 8 },
    ],
    ['of these in vain', 'parts', of('walk', 'walk-learned', 'wasted'), { most: 0.2 }],
    [
      'processor time of both: over hints',
      'times',
      (r) => both(r.walk?.walk) / both(r.walk?.['walk-hints']),
      { travels: true },
    ],
    [
      'processor time of both: over what is sent ahead',
      'times',
      (r) => both(r.walk?.walk) / both(r.walk?.['walk-learned']),
      { travels: true },
    ],
    ['commit that reaches the disk, one client', 'µs', of('commit', 'leasehold', 'each', 1000)],
    ['SET of Redis with an fsync each over it', 'times', over('commit', 'redis', 'leasehold'), { travels: true }],
    ['INSERT of PostgreSQL over it', 'times', over('commit', 'postgres', 'leasehold'), { least: 1, travels: true }],
    ['LMDB that nobody asks over it', 'times', over('commit', 'lmdb', 'leasehold'), { travels: true }],
    ['the same, 64 clients', 'µs', of('commit-64', 'leasehold', 'each', 1000)],
    ['SET of Redis with an fsync each over it', 'times', over('commit-64', 'redis', 'leasehold'), { travels: true }],
    ['INSERT of PostgreSQL over it', 'times', over('commit-64', 'postgres', 'leasehold'), { least: 4, travels: true }],
    ['LMDB with 64 in each transaction over it', 'times', over('commit-64', 'lmdb', 'leasehold'), { travels: true }],
    ['from a commit until another client was told', 'µs', of('told', 'leasehold', 'p50', 1000)],
    ['over SET and PUBLISH of Redis', 'times', over('told', 'leasehold', 'redis', 'p50'), { most: 1.5, travels: true }],
    [
      'memory of the server for a client that does nothing',
      'kB',
      of('idle', 'leasehold', 'serverPeak', 1000 * IDLE_CLIENTS),
      { most: 20 },
    ],
    ['that of Redis', 'kB', of('idle', 'redis', 'serverPeak', 1000 * IDLE_CLIENTS)],
  ];
}

const both = (measured) => measured?.client + measured?.server;

function rates(name, what, target) {
  return [
    [what, 'a second', rate(name, 'leasehold')],
    ['processor time of the client', 'ns', of(name, 'leasehold', 'client')],
    ['processor time of the server', 'ns', of(name, 'leasehold', 'server')],
    ['over Redis with ioredis', 'times', over(name, 'redis', 'leasehold'), target],
    ['the same by the time of the busier process', 'times', over(name, 'redis', 'leasehold', 'busier'), target],
    ['over an echo on bare sockets', 'times', over(name, 'raw', 'leasehold')],
  ];
}

function largeRows(size) {
  const name = `large-${size}`;
  const bytes = LARGE[size];
  return [
    [`value of ${size} MiB`, 'GB/s', (results) => 1 / results[name]?.leasehold?.each],
    ['over bare sockets that forget it', 'times', over(name, 'raw', 'leasehold'), { least: 0.9, travels: true }],
    ['over bare sockets that keep it', 'times', over(name, 'kept', 'leasehold'), { travels: true }],
    ['over Redis with ioredis', 'times', over(name, 'redis', 'leasehold'), { least: 2, travels: true }],
    [
      'most memory of the client over the value',
      'times',
      of(name, 'leasehold', 'clientPeak', bytes),
      { most: 1.05, travels: true },
    ],
    ['most memory of the server', 'MiB', of(name, 'leasehold', 'serverPeak', 2 ** 20), { most: 4, travels: true }],
    [
      'with TLS: most memory of the client over the value',
      'times',
      of(name, 'tls', 'clientPeak', bytes),
      { most: 1.05, travels: true },
    ],
    ['most memory of the server', 'MiB', of(name, 'tls', 'serverPeak', 2 ** 20), { most: 4, travels: true }],
  ];
}
