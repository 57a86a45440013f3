import { versions, workerProgram } from './program.ts';

/** A collection in which batches put or delete two keys at a time. */
const pairs = `
const PAIRS = 200;
const PAIR_CODECS = { key: uint32, value: utf8 };
`;

/** The activities of workers. A worker repeats one until it is terminated or ends itself. */
const activities = `
const { env, items } = workerData.activity === 'open' ? {} : openItems();
const pairs = workerData.activity === 'batch' ? env.collection('pairs', PAIR_CODECS) : undefined;
const random = randomOf(workerData.seed);
const kept = [];
const keepSome = (txn) => {
  const version = versionOf(items.get(1, txn));
  for (const { key, value } of items.range({ gte: random(KEYS), limit: 60 }, txn)) kept.push({ key, value, version });
};
const checkKept = () => {
  for (const { key, value, version } of kept) check(key, value, version);
  kept.length = 0;
};
const activities = {
  scan() {
    env.read((txn) => {
      const version = versionOf(items.get(1, txn));
      items.scan({}, ({ key, value }) => check(key, value, version), txn);
    });
  },
  async drain() {
    for (let i = 0; i < 5; i++) {
      const txn = env.read();
      keepSome(txn);
      txn.end();
      if (random(2) === 0) await txn.drained;
    }
    checkKept();
  },
  forget() {
    keepSome(env.read());
    if (kept.length > 5000) checkKept();
  },
  async expire() {
    const txn = env.read({ onEnd: 'invalidate' });
    keepSome(txn);
    items.getBuffer(50, txn);
    await turn();
    checkKept();
    txn.end();
  },
  buffer() {
    const txn = env.read();
    const version = versionOf(items.get(1, txn));
    for (let key = 0; key < KEYS; key += 10) kept.push({ key, value: sinkLike(items.getBuffer(key, txn)), version });
    txn.end();
    if (kept.length > 500) checkKept();
  },
  write() {
    rewrite({ env, items });
  },
  undo() {
    try {
      env.write(() => { items.clear(); throw new Error('undone'); });
    } catch {}
  },
  nest() {
    env.write(() => { env.write(() => { items.put(1000, contents(1, 1)); items.del(1000); }); });
  },
  /** Stays inside env.write for a long time, but not for ever, since the main thread may be waiting for the lock. */
  hold() {
    try {
      env.write(() => { items.clear(); for (let i = 0; i < 30_000; i++) items.get(1); throw new Error('undone'); });
    } catch {}
  },
  open() {
    const opened = openItems();
    opened.items.count();
    const txn = opened.env.read();
    const values = opened.items.range({ limit: 20 }, txn).values().toArray();
    opened.env.close();
    if (values[0].state !== 'copied') throw new Error('not moved by close()');
  },
  collection() {
    const made = env.collection('made ' + random(20), { key: uint32, value: bytes });
    made.put(random(9), contents(1, 1));
    made.count();
  },
  /** Batches that are queued when the worker is terminated are either dropped or committed whole. */
  async batch() {
    const promises = [];
    const count = 1 + random(200);
    for (let i = 0; i < count; i++) {
      const change = random(4) === 0 ? { type: 'del' } : { type: 'put', value: 'v'.repeat(random(3000)) };
      const key = random(PAIRS);
      promises.push(env.batch([{ ...change, collection: pairs, key }, { ...change, collection: pairs, key: key + PAIRS }]));
    }
    if (random(3) === 0) env.write(() => {});
    if (random(2) === 0) await Promise.all(promises);
  },
  async copy() {
    const target = args.path + '/copies/' + workerData.seed + '-' + random(1e9);
    await env.copy(target, { compact: random(2) === 0 });
  },
  exit() {
    env.write(() => { items.clear(); process.exit(0); });
  },
  fail() {
    const txn = env.read();
    for (const { value } of items.range({}, txn)) if (value.byteLength > 200) throw new Error('meant to fail');
  },
};
const sinkLike = (buffer) => ({ equals: (other) => buffer.equals(other), toBuffer: () => buffer });
say('ready');
for (;;) {
  try {
    await activities[workerData.activity]();
  } catch (error) {
    if (error.message === 'meant to fail') throw error;
    // Calls fail with this error while the thread is being terminated: see stopping.test.ts.
    if (!error.message.includes('this thread is being terminated')) say(String(error.stack));
    break;
  }
  if (random(4) === 0) await turn();
}
`;

/**
 * Starts `args.workers` workers, a few at a time, and terminates each at a random moment, while the main thread reads and
 * writes the same database. Tells what the process held before and after, and every problem that a thread met.
 */
const main = `
const [{ default: v8 }, { default: vm }] = await Promise.all([import('node:v8'), import('node:vm')]);
const random = randomOf(args.seed);
const problems = [];
v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');
const held = () => {
  collectGarbage();
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\\n');
  return {
    files: readdirSync('/proc/self/fd').length,
    databaseMaps: maps.filter((line) => line.includes('.mdb') && line.includes('s 0')).length,
    bufferMaps: maps.filter((line) => line.includes('.mdb') && line.includes('p 0')).length,
    maps: maps.length,
    rss: process.memoryUsage().rss,
  };
};
const names = ['scan', 'drain', 'forget', 'expire', 'buffer', 'write', 'undo', 'nest', 'hold', 'open', 'collection', 'exit', 'fail', 'batch', 'copy'];
const { env, items } = openItems();
const pairs = env.collection('pairs', PAIR_CODECS);
rewrite({ env, items });

const one = async (number) => {
  const activity = names[number % names.length];
  const worker = start({ activity, seed: args.seed + number });
  worker.on('error', (error) => {
    if (error.message !== 'meant to fail') problems.push(activity + ': ' + error.stack);
  });
  const exited = exitOf(worker);
  let ready = false;
  worker.on('message', (message) => {
    if (message === 'ready') ready = true;
    else problems.push(activity + ': ' + message);
  });
  // Terminate some workers while they start, and the others in the middle of their activity.
  let gone = false;
  worker.on('exit', () => { gone = true; });
  const early = random(6) === 0;
  for (let turns = random(early ? 200 : 4000); turns > 0 || !(early || ready || gone); turns--) await turn();
  void worker.terminate();
  // The worker's open write transaction must be rolled back and its lock released, also if this thread is waiting for it.
  if (random(3) === 0) rewrite({ env, items });
  if (random(3) === 0) {
    env.read((txn) => {
      const version = versionOf(items.get(1, txn));
      for (const { key, value } of items.range({}, txn)) check(key, value, version);
    });
  }
  await exited;
};
const storm = async (first, count) => {
  let next = first;
  const chain = async () => { while (next < first + count) await one(next++); };
  await Promise.all(Array.from({ length: args.atOnce }, chain));
};

await storm(0, args.warmUp);
const before = held();
await storm(args.warmUp, args.workers);
for (let i = 0; i < 10; i++) await turn();
const after = held();
const readers = env.info().readers;
const counted = items.count();
rewrite({ env, items });
const txn = env.read();
for (const { key, value } of pairs.range({ lt: PAIRS }, txn)) {
  if (pairs.get(key + PAIRS, txn) !== value) problems.push('batch: half of pair ' + key);
}
const halves = [pairs.count({ lt: PAIRS }, txn), pairs.count({ gte: PAIRS }, txn)];
txn.end();
await txn.drained;
if (halves[0] !== halves[1]) problems.push('batch: ' + halves.join(' and ') + ' halves');
// Perhaps no worker has made a copy, so make the folder.
mkdirSync(args.path + '/copies', { recursive: true });
for (const name of readdirSync(args.path + '/copies', { withFileTypes: true })) {
  const folder = args.path + '/copies/' + name.name;
  if (readdirSync(folder).length === 0) continue;
  const copied = open(folder, { readOnly: true });
  if (copied.collection('items').count() !== 300) problems.push('copy: ' + folder);
  copied.close();
}
for (let i = 0; i < 500 && env.counters().snapshots > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
tell({ problems, before, after, counted, readers });
await once(process.stdin, 'data');
env.close();
const closed = held();
tell({ files: closed.files, databaseMaps: closed.databaseMaps });
process.exit(0);
`;

/** A program that reads and writes a database in many workers and terminates them. */
export const storm: string = workerProgram({ shared: versions + pairs, main, worker: activities });
