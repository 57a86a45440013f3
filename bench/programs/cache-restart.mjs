// A start with a cache that has all rows, of which some were changed meanwhile: from `connect()` until a row was read. `node cache-restart.mjs PLACES`. Tells ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { addressOf, clientOf } from '../drivers/cache/leasehold.mjs';
import { keyOf } from '../harness/network.mjs';
import { median } from '../harness/statistics.mjs';

const { connect } = await import(process.env.BENCH_LIBRARY);
const places = JSON.parse(process.argv[2]);
const CHANGED = 1000;
const TIMES = 3;
const cache = mkdtempSync(join(tmpdir(), 'leasehold-bench-cache-'));
const options = { cache, cacheSize: 2 ** 33 };
const keys = Array.from({ length: CHANGED }, (_, i) => keyOf((i * 97) % places.entries));
const other = await clientOf(places, {});

/** What changes all keys, before each start. */
const changes = {
  unchanged: async () => {},
  once: (value) =>
    other.putMany(
      keys,
      keys.map(() => value),
    ),
  each: async (value) => {
    for (let i = 0; i < CHANGED; i += 50) await Promise.all(keys.slice(i, i + 50).map((key) => other.put(key, value)));
  },
};

async function start(value) {
  const begin = performance.now();
  const store = await connect(addressOf(places.postgres), options);
  const rows = store.collection('rows');
  const [changed, same] = [await rows.get(keys.at(-1)), await rows.get(keyOf(1))];
  const time = performance.now() - begin;
  if (value && String(changed) !== String(value)) throw new Error('a row is stale');
  if (same === undefined) throw new Error('a row is not there');
  const { hits } = store.counters();
  if (hits < 1) throw new Error('the cache is empty');
  await store.close();
  return time;
}

try {
  const first = await clientOf(places, options);
  if ((await first.fill()) < places.entries) throw new Error('rows are missing');
  await first.close();
  const found = {};
  for (const [name, change] of Object.entries(changes)) {
    const times = [];
    for (let i = 0; i < TIMES; i++) {
      const value = name === 'unchanged' ? undefined : Buffer.from(`${name} ${i}`);
      await change(value);
      times.push(await start(value));
    }
    found[name] = median(times);
  }
  console.log(JSON.stringify(found));
} finally {
  await other.close();
  rmSync(cache, { recursive: true, force: true });
}
