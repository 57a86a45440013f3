// How long after a put `collection.watch()` gives it: `node watch-child.mjs LIBRARY WHERE FOLDER`. WHERE is where the watcher is: 'here' (the thread that
// writes), 'thread' or 'process'. Prints p50 and p99 in µs, from before the put to the watcher's next line, so that the commit is in it; and how often the
// system's scheduler wakes a process that waits for a commit, in times a second (Linux).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const COMMITS = 500;
const IDLE_MS = 3000;
const [library, where, folder] = process.argv.slice(2);
const { open, utf8 } = await import(library);

mkdirSync(folder, { recursive: true });
const env = open(folder, { durability: 'nosync' });
const items = env.collection('items', { key: utf8, value: utf8, versions: true });

/** The times from the put of a key, which is the time of its put, to here, for as many commits as there are. In µs, sorted. */
async function watch(isReady) {
  const feed = items.watch();
  const times = [];
  isReady();
  for await (const { keys } of feed) {
    times.push(Number(process.hrtime.bigint() - BigInt(keys[0])) / 1000);
    if (times.length === COMMITS) break;
  }
  return times.sort((a, b) => a - b);
}

/** How often the threads of this process were waked in a second in which nothing was committed. */
async function wakesIdle() {
  const stop = new AbortController();
  const waiting = items.watch({ signal: stop.signal }).next();
  await sleep(100);
  const before = switches();
  await sleep(IDLE_MS);
  const wakes = switches() - before;
  stop.abort();
  await waiting.catch(() => {});
  return (wakes / IDLE_MS) * 1000;
}

function switches() {
  if (process.platform !== 'linux') return Number.NaN;
  const status = readdirSync('/proc/self/task').map((task) => readFileSync(`/proc/self/task/${task}/status`, 'utf8'));
  return status.reduce((sum, text) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]), 0);
}

/** Starts the watcher, and gives a promise of its times once it watches. */
async function startWatcher() {
  if (where === 'here') return { times: watch(() => {}) };
  const script = fileURLToPath(import.meta.url);
  const args = [library, 'watcher', folder];
  const watcher = where === 'thread' ? new Worker(script, { argv: args }) : fork(script, args);
  await once(watcher, 'message');
  return { times: once(watcher, 'message').then(([times]) => times) };
}

if (where === 'watcher') {
  const tell = isMainThread ? (message) => process.send(message) : (message) => parentPort.postMessage(message);
  tell(await watch(() => tell('ready')));
  if (isMainThread) process.disconnect();
} else {
  const { times } = await startWatcher();
  for (let i = 0; i < COMMITS; i++) {
    await sleep(1 + Math.random() * 3);
    items.put(String(process.hrtime.bigint()), '');
  }
  const sorted = await times;
  const result = { p50: sorted[COMMITS >> 1], p99: sorted[Math.floor(COMMITS * 0.99)] };
  console.log(JSON.stringify(where === 'here' ? { ...result, wakes: await wakesIdle() } : result));
}
env.close();
