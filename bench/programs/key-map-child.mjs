// One run of programs/key-map.mjs: fills a KeyMap from a range and deletes from it again; prints JSON.
import process from 'node:process';
import { bytes, KeyMap, open } from '../harness/leasehold.mjs';

/** How many calls are timed together. */
const TOGETHER = 1024;

const env = open(process.argv[2], { readOnly: true });
const collection = env.collection('entries', { key: bytes, value: bytes });
const txn = env.read();
const keys = [...collection.range({}, txn).keys()];
const map = new KeyMap();
const memoryBefore = memory();

/** Calls `use` with each key's number. Gives the time that all calls took, and the longest time of TOGETHER calls in a row. */
function timed(use) {
  let slowest = 0;
  const begin = performance.now();
  let last = begin;
  for (let i = 0; i < keys.length; i++) {
    use(i);
    if ((i + 1) % TOGETHER !== 0) continue;
    const now = performance.now();
    slowest = Math.max(slowest, now - last);
    last = now;
  }
  return { took: performance.now() - begin, slowest };
}

function memory() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const filled = timed((i) => map.set(keys[i], i));
const size = map.size;
const bytesPerEntry = (memory() - memoryBefore) / keys.length;
const deleted = timed((i) => map.delete(keys[i]));
console.log(JSON.stringify({ size, left: map.size, filled, bytesPerEntry, deleted }));
txn.end();
env.close();
