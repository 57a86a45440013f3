// How long `store.collect()` takes with a million objects, of which a tenth are garbage, and how long it stops the event loop at most.
// node bench/programs/collect.mjs [objects] [share of garbage]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openStore, PersistentMap, persistent, ref, t } from '../../dist/objects.js';

const objects = Number(process.argv[2] ?? 1_000_000);
const share = Number(process.argv[3] ?? 0.1);
const Item = persistent('bench.Item', { number: t.u32, text: t.utf8, next: ref(() => Item).optional() })(
  (Base) => class Item extends Base {},
);

const path = mkdtempSync(join(tmpdir(), 'leasehold-collect-'));
const store = openStore(path, { durability: 'nosync', mapSize: 2 ** 36 });
try {
  const wanted = Math.round(objects * (1 - share));
  const perWrite = 20_000;
  // Chains of ten: a map has the first of each. Every tenth chain or so is dropped.
  store.write(() => {
    store.root.kept = new PersistentMap();
    store.root.dropped = new PersistentMap();
  });
  for (let i = 0; i < objects; ) {
    store.write(() => {
      for (const end = i + perWrite; i < Math.min(end, objects); ) {
        let first;
        for (let n = 0; n < 10; n++, i++) first = new Item({ number: i, text: `number ${i}`, next: first });
        store.root[(i / 10) % Math.round(1 / share) === 0 ? 'dropped' : 'kept'].set([i], first);
      }
    });
  }
  delete store.root.dropped;
  for (let run = 1; run <= 3; run++) {
    const phases = {};
    let last = performance.now();
    const begin = last;
    const cpu = process.cpuUsage();
    let longest = 0;
    let turns = 0;
    let running = true;
    const turn = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      turns++;
      if (running) setTimeout(turn, 0);
    };
    setTimeout(turn, 0);
    const done = await store.collect({
      onProgress({ phase }) {
        phases[phase] = Math.round(performance.now() - begin);
      },
    });
    const ms = performance.now() - begin;
    running = false;
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      JSON.stringify({
        run,
        ...done,
        wanted,
        ms: Math.round(ms),
        cpuMs: Math.round((user + system) / 1000),
        longestStallMs: Number(longest.toFixed(2)),
        turns,
        until: phases,
      }),
    );
  }
} finally {
  store.close();
  rmSync(path, { recursive: true });
}
