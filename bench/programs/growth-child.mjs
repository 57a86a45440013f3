// Memory with so many sinks held: `node --expose-gc growth-child.mjs FOLDER SINKS`, printed as JSON. Bytes; times in ms.
import process from 'node:process';
import { bytes, open } from '../harness/leasehold.mjs';

const [folder] = process.argv.slice(2);
const sinks = Number(process.argv[3]);
const env = open(folder, { readOnly: true });
const collection = env.collection('entries', { key: bytes, value: bytes });
const held = new Array(sinks).fill(undefined);

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, rss };
}

function above(before) {
  const now = memory();
  return { heap: now.heap - before.heap, external: now.external - before.external, rss: now.rss - before.rss };
}

const txn = env.read();
// Read all entries before measuring. Then the windows, which count as external memory by their length, and the resident pages
// of the file are not counted as the memory of the sinks.
collection.scan({ limit: sinks }, ({ value }) => value.byteAt(0), txn);
const before = memory();
const begin = performance.now();
let at = 0;
for (const value of collection.range({ limit: sinks }, txn).values()) held[at++] = value;
const made = performance.now() - begin;
const shared = above(before);
const endBegin = performance.now();
txn.end();
const ended = performance.now() - endBegin;
await txn.drained;
const drained = performance.now() - endBegin;
const copied = above(before);
let checksum = 0;
for (const value of held) checksum += value.byteAt(0);
console.log(JSON.stringify({ checksum, made, ended, drained, shared, copied }));
env.close();
