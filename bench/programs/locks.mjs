// Locks by name: `npm run bench -- locks`. Redis (Debian: redis-server), if it is there, is started with a socket of its own. REDIS_SERVER in the
// environment names another binary.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { newResult, saveResult } from '../harness/results.mjs';

const child = fileURLToPath(new URL('locks-child.mjs', import.meta.url));
const REDIS = process.env.REDIS_SERVER ?? '/usr/bin/redis-server';
const KILLS = 10;

const EXPORTS = `
    export { open } from 'lib/index.ts';
    export { LockManager } from 'lib/objects/index.ts';`;

const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)];

export async function run({ rounds }) {
  const library = await bundleLibrary('locks', EXPORTS);
  const result = newResult('locks', rounds);
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const measured = { free: [], least: [], redis: [], half: [], most: [], killed: [] };
  const redis = existsSync(REDIS) ? await startRedis(folder) : undefined;
  if (redis === undefined) console.log(`there is no ${REDIS} (Debian: apt-get install redis-server): no peer`);
  try {
    for (let round = 0; round < rounds; round++) {
      const measure = async (mode, at = folder) =>
        JSON.parse(await output(process.execPath, [child, library, mode, at]));
      const free = await measure('free');
      measured.free.push(quantile(free, 0.5) / 1000);
      measured.least.push(Math.min(...free) / 1000);
      if (redis !== undefined) measured.redis.push(quantile(await measure('redis', redis.socket), 0.5) / 1000);
      const handed = handOvers(await Promise.all([measure('turns'), measure('turns')]));
      measured.half.push(quantile(handed, 0.5) / 1e6);
      measured.most.push(quantile(handed, 0.99) / 1e6);
      measured.killed.push(Math.max(...(await deaths(library, folder))));
    }
  } finally {
    redis?.server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = [
    figure('a free lock taken and released', 'µs', measured.free, { most: 5 }),
    figure('the same, the best 100 in a row', 'µs', measured.least),
    ...(redis === undefined ? [] : [figure('the same with Redis: SET NX, DEL', 'µs', measured.redis)]),
    figure('handed over between two processes, half of the times', 'ms', measured.half),
    figure('handed over between two processes, 99 of 100 times', 'ms', measured.most, { most: 1 }),
    figure(`free after its holder was killed, the longest of ${KILLS}`, 'ms', measured.killed, { most: 100 }),
  ];
  console.log(`locks: ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

/** The ns between each release of one process and the next turn of the other one. Each process gives its turns: got, released, got, … */
function handOvers(processes) {
  const turns = processes.flatMap((times, owner) =>
    times.flatMap((got, i) => (i % 2 === 0 ? [{ owner, got, released: times[i + 1] }] : [])),
  );
  turns.sort((a, b) => a.got - b.got);
  const handed = [];
  for (let i = 1; i < turns.length; i++) {
    if (turns[i].got < turns[i - 1].released) throw new Error('two processes had the lock at once');
    if (turns[i].owner !== turns[i - 1].owner) handed.push(turns[i].got - turns[i - 1].released);
  }
  return handed;
}

/** The ms between the death of a process that had the lock and its grant to this one. */
async function deaths(library, folder) {
  const { open, LockManager } = await import(library);
  const env = open(folder, { durability: 'nosync' });
  const locks = new LockManager(env);
  const times = [];
  for (let i = 0; i < KILLS; i++) {
    const holder = spawn(process.execPath, [child, library, 'dies', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const exited = new Promise((resolve) => holder.once('exit', resolve));
    const granted = locks.request('lock', () => performance.now());
    await new Promise((resolve) => setTimeout(resolve, 5 * i));
    holder.kill('SIGKILL');
    await exited;
    const died = performance.now();
    times.push(Math.max((await granted) - died, 0));
  }
  env.close();
  return times;
}

async function startRedis(folder) {
  const socket = join(folder, 'redis.sock');
  const server = spawn(REDIS, ['--port', '0', '--unixsocket', socket, '--save', ''], { stdio: 'ignore', cwd: folder });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  return { server, socket };
}
