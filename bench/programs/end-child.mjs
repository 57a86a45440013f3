// One measurement of the end of a transaction, in a process of its own: `node --expose-gc end-child.mjs MODE FOLDER`,
// printed as JSON. Times in ms, memory in bytes.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, open } from '../harness/leasehold.mjs';

const [mode, folder] = process.argv.slice(2);
const env = open(folder, { mapSize: 2 ** 32 });
const collection = env.collection('entries', { key: bytes, value: bytes });

/** A sink for each entry, or for the first `limit` entries. Each is of a different row. */
function makeSinks(txn, limit) {
  const sinks = [];
  for (const value of collection.range(limit === undefined ? {} : { limit }, txn).values()) sinks.push(value);
  return sinks;
}

function movedBytes() {
  return env.counters().bytesCopied;
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function endTimed(txn) {
  const begin = performance.now();
  txn.end();
  return performance.now() - begin;
}

/** The longest time between two turns of an event loop that does nothing else, until the transaction has drained. */
function longestStall(txn) {
  return new Promise((resolve) => {
    let longest = 0;
    let last = performance.now();
    const turn = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      if (txn.state === 'ended') {
        resolve(longest);
        return;
      }
      last = performance.now();
      setImmediate(turn);
    };
    setImmediate(turn);
  });
}

/** Ends a transaction before the measured one, because the first end in a process compiles the code. */
async function warmUp() {
  const txn = env.read();
  const sinks = collection.range({ limit: 100 }, txn).toArray();
  txn.end();
  await txn.drained;
  return sinks;
}

/** The end of a transaction with so many live sinks, alone. */
async function ended(limit) {
  await warmUp();
  const txn = env.read();
  const sinks = limit === 0 ? [] : makeSinks(txn, limit);
  globalThis.gc();
  const end = endTimed(txn);
  await txn.drained;
  return { end, sinks: sinks.length, moved: movedBytes() };
}

const modes = {
  none: () => ended(0),
  thousand: () => ended(1000),
  async stall() {
    await warmUp();
    const txn = env.read();
    const sinks = makeSinks(txn);
    globalThis.gc();
    const end = endTimed(txn);
    void txn.drained;
    const stall = await longestStall(txn);
    return { end, stall, sinks: sinks.length, moved: movedBytes() };
  },
  /** The same, but nobody waits: V8 is made to collect before anything is moved. */
  async unawaited() {
    await warmUp();
    const txn = env.read();
    const sinks = makeSinks(txn);
    globalThis.gc();
    txn.end();
    const begin = performance.now();
    const stall = await longestStall(txn);
    return { stall, took: performance.now() - begin, sinks: sinks.length, moved: movedBytes() };
  },
  async slices() {
    const txn = env.read();
    const sinks = makeSinks(txn);
    globalThis.gc();
    txn.end();
    const before = performance.eventLoopUtilization();
    await txn.drained;
    return { work: performance.eventLoopUtilization(before).active, sinks: sinks.length, moved: movedBytes() };
  },
  async once() {
    const txn = env.read();
    const sinks = makeSinks(txn);
    globalThis.gc();
    txn.end();
    const begin = performance.now();
    env.resize();
    return { work: performance.now() - begin, sinks: sinks.length, moved: movedBytes() };
  },
  async sparse() {
    const before = memory();
    const txn = env.read();
    let sinks = makeSinks(txn);
    sinks = sinks.filter((_, i) => i % 1000 === 0);
    txn.end();
    await txn.drained;
    return { retained: memory() - before, sinks: sinks.length, moved: movedBytes() };
  },
  async dropped() {
    const txn = env.read();
    let all = 0;
    for (const value of makeSinks(txn)) all += value.byteLength + 16;
    txn.end();
    while (txn.state !== 'ended') await sleep(10);
    return { moved: movedBytes(), all };
  },
  async empty() {
    const count = 100_000;
    let best = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < 10; pass++) {
      const begin = performance.now();
      for (let i = 0; i < count; i++) env.read().end();
      best = Math.min(best, (performance.now() - begin) / count);
      await sleep(1);
    }
    return { each: best * 1e6 };
  },
};

console.log(JSON.stringify(await modes[mode]()));
env.close();
