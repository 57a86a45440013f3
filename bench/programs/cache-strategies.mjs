// How much each strategy of a cache saves: `node cache-strategies.mjs PLACES`. Three programs, here engines with connections of their own, share the cache of a host. Their transactions come one
// after the other, in an order and with keys that a seed gives: each learns what was committed, reads 20 records at once, few of them often, and some write 5. The cache has room for about 40 % of
// the records. Each read is compared with what was written last. Tells as JSON, for each part of transactions that write and each strategy: hits in %, rows polled a transaction,
// ms a transaction.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { addressOf } from '../drivers/cache/leasehold.mjs';
import { STRATEGIES, WRITES } from '../harness/cache-strategies.mjs';

const { bytes, CheckpointedEngine, connect, connectCached, connectEngine, FolderStore, install, utf8 } = await import(
  process.env.BENCH_LIBRARY
);

const { postgres } = JSON.parse(process.argv[2]);
const PROGRAMS = 3;
const CONNECTIONS = 12;
const TRANSACTIONS = 2000;
const READS = 20;
const WRITTEN = 5;
const RECORDS = 2000;
const VALUE_BYTES = 1000;
/** Room for about 800 records. */
const CACHE_BYTES = 1.3e6;
const NAIVE_RECORDS = 800;
/** After how many changes the checkpoints move. */
const LIMIT = 200;
const COLLECTION = 'rows';

/** Numbers from 0 to below 1: the same ones each time. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Records by Zipf's law, with the exponent 0.9. Those that are read often have numbers all over. */
function popularity() {
  let sum = 0;
  const sums = Array.from({ length: RECORDS }, (_, i) => {
    sum += (i + 1) ** -0.9;
    return sum;
  });
  return (random) => {
    const wanted = random() * sum;
    let [low, high] = [0, RECORDS - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return (low * 1009) % RECORDS;
  };
}

const keys = Array.from({ length: RECORDS }, (_, i) => Buffer.from(`record ${i}`));
const textOfVersion = (record, version) => Buffer.from(`${record} ${version} `.padEnd(VALUE_BYTES, '.'));

/** The engine of a program, and what it was told. */
async function engineOf(address, behind, counts) {
  const engine = await connectEngine(address, behind);
  const changes = engine.changes.bind(engine);
  const rowsIn = ({ changes: all }) => all.reduce((sum, { keys: some }) => sum + (some?.length ?? 1), 0);
  engine.onChange((change) => {
    counts.polled += counts.isNaive ? 1 : rowsIn(change);
  });
  // What is read of the log again.
  engine.changes = (after) => {
    const commits = changes(after);
    const next = commits.next.bind(commits);
    commits.next = async () => {
      const found = await next();
      if (!found.done) counts.polled += rowsIn(found.value);
      return found;
    };
    return commits;
  };
  return engine;
}

/** A value counts as long as nothing was committed since it was stored: what one can do who is told only the newest commit. */
class NaiveEngine {
  constructor(inner, values) {
    this.inner = inner;
    this.values = values;
    this.hits = 0;
    this.misses = 0;
  }

  load(keys, at, take) {
    const missing = keys.filter((key) => {
      const known = this.values.get(key.key.toString());
      const isHit = known?.at === at;
      if (isHit) take(known.state);
      return !isHit;
    });
    this.hits += keys.length - missing.length;
    this.misses += missing.length;
    if (missing.length === 0) return undefined;
    return this.inner.load(missing, at, (state) => {
      const name = state.key.toString();
      this.values.delete(name);
      this.values.set(name, { at, state });
      if (this.values.size > NAIVE_RECORDS) this.values.delete(this.values.keys().next().value);
      take(state);
    });
  }

  counters() {
    return this;
  }

  close() {
    return this.inner.close();
  }
}

/** Each gives the engines of the programs: what is told of commits, and what reads. */
const strategies = {
  async none(address, _folder, counts) {
    return programs(async () => {
      const inner = await engineOf(address, {}, counts);
      const load = (wanted, at, take) => inner.load(wanted, at, take);
      return { inner, front: { load, counters: () => ({ hits: 0, misses: 1 }), close: () => inner.close() } };
    });
  },
  async naive(address, _folder, counts) {
    const values = new Map();
    counts.isNaive = true;
    return programs(async () => {
      const inner = await engineOf(address, {}, counts);
      return { inner, front: new NaiveEngine(inner, values) };
    });
  },
  async checkpoints(address, folder, counts) {
    const random = randomOf(2);
    return programs(async () => {
      const inner = await engineOf(address, {}, counts);
      const store = FolderStore.open(folder, CACHE_BYTES);
      return { inner, front: new CheckpointedEngine(inner, store, { limit: LIMIT, random }) };
    });
  },
  async intervals(address, folder, counts) {
    return programs(async () => {
      const found = await connectCached({ path: folder, size: CACHE_BYTES }, (behind) =>
        engineOf(address, behind, counts),
      );
      return { inner: found.engine, front: found.cached };
    });
  },
};

async function programs(make) {
  const all = [];
  while (all.length < PROGRAMS) all.push(await make());
  return all;
}

async function measure(address, strategy, writes) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-cache-'));
  const counts = { polled: 0, isNaive: false };
  const all = await strategies[strategy](address, folder, counts);
  try {
    counts.polled = 0;
    const random = randomOf(1);
    const pick = popularity();
    const begin = performance.now();
    for (let n = 0; n < TRANSACTIONS; n++) {
      // Some connections are used seldom.
      const connection = Math.floor(random() * random() * CONNECTIONS);
      await transaction(all[connection % PROGRAMS], random, pick, writes);
    }
    const time = (performance.now() - begin) / TRANSACTIONS;
    for (const { inner } of all) await inner.sync();
    const counters = all.map(({ front }) => front.counters());
    const hits = counters.reduce((sum, each) => sum + each.hits, 0);
    const misses = counters.reduce((sum, each) => sum + each.misses, 0);
    return { hits: (100 * hits) / (hits + misses), polled: counts.polled / TRANSACTIONS, time };
  } finally {
    for (const { front } of all) await front.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The versions of the records: what each read must give. */
let versions = [];

async function transaction({ inner, front }, random, pick, writes) {
  await inner.sync();
  const at = inner.processed();
  const read = new Map(
    Array.from({ length: READS }, () => pick(random)).map((record) => [String(keys[record]), record]),
  );
  const wanted = [...read.values()].map((record) => ({ collection: COLLECTION, key: keys[record] }));
  await front.load(wanted, at, ({ key, bytes: found }) => {
    const record = read.get(String(Buffer.from(key)));
    if (Buffer.compare(found, textOfVersion(record, versions[record])) !== 0) throw new Error('a stale read');
  });
  if (random() * 100 >= writes) return;
  const written = new Set(Array.from({ length: WRITTEN }, () => pick(random)));
  const made = [...written].map((record) => {
    versions[record]++;
    return { collection: COLLECTION, key: keys[record], bytes: textOfVersion(record, versions[record]) };
  });
  const commitId = Buffer.from(Array.from({ length: 16 }, () => random() * 256));
  await (front.commit ? front : inner).commit({ commitId, base: at, reads: [], ranges: [], writes: made });
}

/** A store with all records. */
async function fill(address) {
  await install(address);
  const store = await connect(address);
  const rows = store.collection(COLLECTION, { key: utf8, value: bytes });
  versions = keys.map(() => 0);
  await rows.put('first', Buffer.alloc(1));
  await store.batch(
    keys.map((key, i) => ({ type: 'put', collection: rows, key: key.toString(), value: textOfVersion(i, 0) })),
  );
  await store.close();
}

const found = {};
for (const writes of WRITES) {
  found[writes] = {};
  for (const strategy of STRATEGIES) {
    const address = addressOf(postgres, `${strategy}_${writes}`);
    await fill(address);
    found[writes][strategy] = await measure(address, strategy, writes);
  }
}
console.log(JSON.stringify(found));
