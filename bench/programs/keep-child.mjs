// One measurement of a scan that keeps some of what it reads: `node --expose-gc keep-child.mjs MODE FOLDER ENTRIES EVERY`,
// printed as JSON. Times in ms, memory in bytes.
import process from 'node:process';
import { bytes, open } from '../harness/leasehold.mjs';

const [mode, folder] = process.argv.slice(2);
const every = Number(process.argv[4]);
const env = open(folder, { readOnly: true });
const collection = env.collection('entries', { key: bytes, value: bytes });

/** Each mode keeps the value of one entry in so many, and sums a byte of every entry. */
const modes = {
  /** Values that are still held when the transaction ends. */
  held(txn) {
    const kept = [];
    let sum = 0;
    let index = 0;
    for (const { value } of collection.range({}, txn)) {
      sum += value.byteAt(0);
      if (index++ % every === 0) kept.push(value);
    }
    return { kept, sum };
  },
  /** Values that are moved one by one as soon as they are found. */
  moved(txn) {
    const kept = [];
    let sum = 0;
    let index = 0;
    collection.scan(
      {},
      ({ value }) => {
        sum += value.byteAt(0);
        if (index++ % every === 0) kept.push(value.keep());
      },
      txn,
    );
    return { kept, sum };
  },
};

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const before = memory();
const txn = env.read();
const begin = performance.now();
const { kept, sum } = modes[mode](txn);
const scanned = performance.now();
txn.end();
const ended = performance.now();
await txn.drained;
const drained = performance.now();

let checksum = sum;
for (const value of kept) checksum += value.byteAt(value.byteLength - 1);
console.log(
  JSON.stringify({
    checksum,
    scan: scanned - begin,
    end: ended - scanned,
    drain: drained - ended,
    kept: kept.length,
    copied: env.counters().bytesCopied,
    retained: memory() - before,
  }),
);
env.close();
