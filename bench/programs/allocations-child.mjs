// What one pass of a workload allocates, printed as JSON:
// `node --expose-gc --single-threaded-gc --max-semi-space-size=… allocations-child.mjs NAME FOLDER ENTRIES`.
// The young generation is so large that nothing is collected during a pass, and nothing is swept beside it: what the heap grows
// by is what was allocated. A pass during which the collector ran does not count.

import { PerformanceObserver } from 'node:perf_hooks';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as leasehold from '../harness/leasehold.mjs';
import { KEY_BYTES, randomIndex, writeKey } from '../harness/records.mjs';

const { bytes, KeyMap, hashJoin, open } = leasehold;
const [name, folder] = process.argv.slice(2);
const entries = Number(process.argv[4]);
const env = open(folder, { readOnly: true });
const collection = env.collection('entries', { key: bytes, value: bytes });
const txn = env.read();
const key = new Uint8Array(KEY_BYTES);

/** Each loop gives a sum of what it read. The program measures what the loop allocates besides its result. */
const loops = {
  range() {
    let sum = 0;
    for (const { key, value } of collection.range({}, txn)) sum += key.byteAt(0) + value.byteAt(0);
    return sum;
  },
  // The optimising compiler cannot leave out sinks that are held, so this shows the full size of each.
  held() {
    let at = 0;
    for (const { key, value } of collection.range({}, txn)) {
      heldKeys[at] = key;
      heldValues[at++] = value;
    }
    return at;
  },
  scan() {
    let sum = 0;
    collection.scan(
      {},
      ({ key, value }) => {
        sum += key.byteAt(0) + value.byteAt(0);
      },
      txn,
    );
    return sum;
  },
  keys() {
    let sum = 0;
    for (const key of collection.range({}, txn).keys()) sum += key.byteAt(0);
    return sum;
  },
  'held-keys'() {
    let at = 0;
    for (const key of collection.range({}, txn).keys()) heldKeys[at++] = key;
    return at;
  },
  get() {
    let sum = 0;
    for (let turn = 0; turn < entries; turn++) {
      writeKey(key, randomIndex(turn, entries), entries);
      sum += collection.get(key, txn).byteAt(0);
    }
    return sum;
  },
  KeyMap() {
    const map = new KeyMap();
    let at = 0;
    for (const key of collection.range({}, txn).keys()) map.set(key, at++);
    return map.size;
  },
  hashJoin() {
    let sum = 0;
    const side = () => ({ range: collection.range({}, txn), on: 'key' });
    for (const { build, probe } of hashJoin({ build: side(), probe: side() })) {
      sum += build.key.byteAt(0) + probe.value.byteAt(0);
    }
    return sum;
  },
};
const needs = { KeyMap, hashJoin };
const heldKeys = name.startsWith('held') ? new Array(entries).fill(undefined) : [];
const heldValues = name === 'held' ? new Array(entries).fill(undefined) : [];

let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
observer.observe({ entryTypes: ['gc'] });

const WARM_UPS = 12;
const PASSES = 5;

async function measure(loop) {
  for (let i = 0; i < WARM_UPS; i++) {
    loop();
    await nextTurn();
  }
  const passes = [];
  const result = loop();
  for (let tries = 0; passes.length < PASSES; tries++) {
    if (tries > 4 * PASSES) throw new Error(`${name}: the collector runs during each pass`);
    heldKeys.fill(undefined);
    heldValues.fill(undefined);
    // The second collection frees the memory of the arrays that the first one has found dead.
    globalThis.gc();
    globalThis.gc();
    // Node reports a collection in a later turn of the event loop.
    await nextTurn();
    await nextTurn();
    const collectionsBefore = collections;
    const before = process.memoryUsage();
    const copied = env.counters().bytesCopied;
    if (loop() !== result) throw new Error(`${name}: another result from the same data`);
    const after = process.memoryUsage();
    await nextTurn();
    await nextTurn();
    if (collections > collectionsBefore) continue;
    passes.push({
      heap: (after.heapUsed - before.heapUsed) / entries,
      external: (after.external - before.external) / entries,
      copied: (env.counters().bytesCopied - copied) / entries,
    });
  }
  return passes;
}

if (name in needs && !needs[name]) console.log(JSON.stringify({ absent: `this leasehold has no ${name}` }));
else console.log(JSON.stringify({ passes: await measure(loops[name]) }));
observer.disconnect();
txn.end();
env.close();
