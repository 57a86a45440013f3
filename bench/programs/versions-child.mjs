// One measurement of versions, in a process of its own: `node --expose-gc versions-child.mjs LIBRARY MODE FOLDER`, printed as JSON.
// Times in ns, memory in bytes.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

const [library, mode, folder] = process.argv.slice(2);
const { json, nextState, open, utf8 } = await import(library);
const require = createRequire(import.meta.url);

const RECORDS = 1000;

/** A record of ten fields, as an application has them: an id, some words, some numbers. */
const record = (i) => ({
  id: i,
  name: `user ${i}`,
  email: `user${i}@example.com`,
  age: i % 90,
  active: i % 3 === 0,
  score: i / 7,
  city: 'Paris',
  visits: i * 13,
  plan: 'basic',
  since: 1_600_000_000 + i,
});
const keys = Array.from({ length: RECORDS }, (_, i) => `user:${i}`);
const shuffled = keys.map((_, i) => keys[(i * 7919) % RECORDS]);

mkdirSync(folder, { recursive: true });
const durability = mode === 'transact-sync' ? 'sync' : 'nosync';
const env = open(folder, { mapSize: 2 ** 30, durability });
const shared = env.collection('shared', { key: utf8, value: json, versions: true, share: true });
const plain = env.collection('plain', { key: utf8, value: json });
const bytes = env.collection('bytes', { key: utf8 });

function fill() {
  env.write(() => {
    for (let i = 0; i < RECORDS; i++) {
      shared.put(keys[i], record(i));
      plain.put(keys[i], record(i));
      bytes.put(keys[i], Buffer.from(JSON.stringify(record(i))));
    }
  });
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The heap that a record takes in `count` snapshots, each with all records as `read` gives them. */
function heap(count, read) {
  fill();
  read(0);
  const before = memory();
  const views = Array.from({ length: count }, (_, i) => read(i));
  const each = (memory() - before) / (count * RECORDS);
  return { each, checksum: views.length };
}

function snapshotOf() {
  return env.read((txn) => keys.map((key) => shared.get(key, txn)));
}

/** The time of the fastest of `passes` passes, in ns for each of its `operations`. */
function least(passes, operations, pass) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < passes; i++) {
    const begin = process.hrtime.bigint();
    pass();
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / operations);
  }
  return best;
}

function reads(collection, read) {
  fill();
  const txn = env.read();
  let sum = 0;
  const pass = () => {
    for (let round = 0; round < 50; round++) for (const key of shuffled) sum += read(collection.get(key, txn));
  };
  const each = least(20, 50 * RECORDS, pass);
  txn.end();
  return { each, checksum: sum };
}

/** The first assignment to a record; in the modes `encode-…` with the encoding of the record as JSON. */
function assignments(change) {
  const states = Array.from({ length: RECORDS }, (_, i) => Object.freeze(JSON.parse(JSON.stringify(record(i)))));
  let sum = 0;
  const draft = (user) => {
    user.age += 1;
  };
  const pass = () => {
    for (let round = 0; round < 20; round++)
      for (const state of states) sum += JSON.stringify(change(state, draft)).length;
  };
  return { each: least(20, 20 * RECORDS, pass), checksum: sum };
}

async function averaged(count, run) {
  const begin = process.hrtime.bigint();
  await run(count);
  return Number(process.hrtime.bigint() - begin) / count;
}

/** Awaits a transaction and a batch of one put alternately, so that both see the same load on the disk and the machine. */
async function onePut() {
  const rounds = mode === 'transact-sync' ? 5 : 20;
  const count = mode === 'transact-sync' ? 64 : 500;
  const kinds = {
    transact: async (i) => env.transact((txn) => shared.put(keys[i % RECORDS], i, txn)),
    batch: async (i) => env.batch([{ type: 'put', collection: shared, key: keys[i % RECORDS], value: i }]),
  };
  const times = { transact: [], batch: [], together: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [kind, put] of Object.entries(kinds)) {
      const each = await averaged(count, async () => {
        for (let i = 0; i < count; i++) await put(i);
      });
      times[kind].push(each);
    }
    const together = await averaged(64, () => Promise.all(Array.from({ length: 64 }, (_, i) => kinds.transact(i))));
    times.together.push(together);
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return {
    transact: median(times.transact),
    batch: median(times.batch),
    together: median(times.together),
    checksum: 0,
  };
}

const modes = {
  'heap-shared': () => {
    const result = heap(1000, snapshotOf);
    return { ...result, decodes: env.counters().shared.decodes };
  },
  'heap-clone': () => heap(100, () => snapshotOf().map((state) => structuredClone(state))),
  'heap-msgpackr': () => {
    const { Packr } = require('msgpackr');
    const packr = new Packr();
    const packed = keys.map((_, i) => packr.pack(record(i)));
    return heap(100, () => packed.map((value) => packr.unpack(value)));
  },
  'get-shared': () => reads(shared, (state) => state.age),
  'get-plain': () => reads(bytes, (value) => value.byteLength),
  'get-json': () => reads(plain, (value) => value.age),
  snapshots: () => {
    fill();
    const held = Array.from({ length: 10_000 }, () => env.read());
    const each = least(20, 10_000, () => {
      for (let i = 0; i < 10_000; i++) env.read().end();
    });
    for (const txn of held) txn.end();
    return { each, checksum: held.length };
  },
  'assign-update': () => assignments(nextState),
  'assign-immer': () => assignments(require('immer').produce),
  'assign-mutative': () => assignments(require('mutative').create),
  'encode-update': () => assignments(nextState),
  'encode-immer': () => assignments(require('immer').produce),
  'encode-mutative': () => assignments(require('mutative').create),
  transact: onePut,
  'transact-sync': onePut,
};

console.log(JSON.stringify(await modes[mode]()));
env.close();
