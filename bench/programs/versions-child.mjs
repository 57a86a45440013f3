// One measurement of versions, in a process of its own: `node --expose-gc versions-child.mjs LIBRARY MODE FOLDER`. Prints its result as JSON,
// or waits for its turns (harness/turns.mjs). Times in ns, memory in bytes.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { takeTurns } from '../harness/turns.mjs';

const [library, mode, folder] = process.argv.slice(2);
const { json, msgpack, nextState, open, utf8, writer } = await import(library);
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
  return { each, views: views.length };
}

function snapshotOf() {
  return env.read((txn) => keys.map((key) => shared.get(key, txn)));
}

function reads(collection, read) {
  fill();
  const txn = env.read();
  let sum = 0;
  const pass = () => {
    for (let round = 0; round < 20; round++) for (const key of shuffled) sum += read(collection.get(key, txn));
  };
  takeTurns(20 * RECORDS, pass, () => {
    txn.end();
    env.close();
    if (!(sum > 0)) throw new Error('nothing was read');
  });
}

/** Encodes as a collection does, which stores the names of properties apart from the records. */
function msgpackOfCollection() {
  let stored;
  const save = (text) => {
    stored = text;
  };
  return msgpack.bind().writing({ load: () => stored, save });
}

/** Assigns to the record itself, which is not frozen. */
function changed(state, draft) {
  draft(state);
  return state;
}

/** The first assignment to a record by `change`, and the new record encoded by `codec`, if one is given. */
function assignments(change, codec) {
  const states = Array.from({ length: RECORDS }, (_, i) => JSON.parse(JSON.stringify(record(i))));
  if (change !== changed) states.forEach(Object.freeze);
  const draft = (user) => {
    user.age += 1;
  };
  const pass = () => {
    for (let round = 0; round < 10; round++) {
      for (const state of states) {
        const next = change(state, draft);
        if (change !== changed && next.age !== state.age + 1) throw new Error('the assignment is lost');
        if (codec === undefined) continue;
        codec.write(next, writer);
        writer.position = 0;
      }
    }
  };
  takeTurns(10 * RECORDS, pass, () => env.close());
}

async function averaged(count, run) {
  const begin = process.hrtime.bigint();
  await run(count);
  return Number(process.hrtime.bigint() - begin) / count;
}

/**
 * Awaits a transaction and a batch of one put alternately, so that both see the same load on the disk and the machine; and 64 transactions
 * at a time. Each ratio is one of neighbours in time.
 */
async function onePut() {
  const [rounds, count] = mode === 'transact-sync' ? [15, 64] : [40, 500];
  const transact = (i) => env.transact((txn) => shared.put(keys[i % RECORDS], i, txn));
  const batch = (i) => env.batch([{ type: 'put', collection: shared, key: keys[i % RECORDS], value: i }]);
  const inTurn = (put) => async () => {
    for (let i = 0; i < count; i++) await put(i);
  };
  const times = { transact: [], overBatch: [], overTogether: [], commits: [] };
  for (let round = -2; round < rounds; round++) {
    const oneBatch = await averaged(count, inTurn(batch));
    const oneTransact = await averaged(count, inTurn(transact));
    const commits = env.info().lastTransaction;
    const together = await averaged(64, () => Promise.all(Array.from({ length: 64 }, (_, i) => transact(i))));
    if (round < 0) continue;
    times.transact.push(oneTransact);
    times.overBatch.push(oneTransact / oneBatch);
    times.overTogether.push(oneTransact / together);
    times.commits.push(env.info().lastTransaction - commits);
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
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
    const pass = () => {
      for (let i = 0; i < 10_000; i++) env.read().end();
    };
    takeTurns(10_000, pass, () => {
      for (const txn of held) txn.end();
      env.close();
    });
  },
  'assign-update': () => assignments(nextState),
  'assign-immer': () => assignments(require('immer').produce),
  'assign-mutative': () => assignments(require('mutative').create),
  'json-update': () => assignments(nextState, json),
  'json-immer': () => assignments(require('immer').produce, json),
  'json-mutative': () => assignments(require('mutative').create, json),
  'json-only': () => assignments(changed, json),
  'msgpack-update': () => assignments(nextState, msgpackOfCollection()),
  'msgpack-immer': () => assignments(require('immer').produce, msgpackOfCollection()),
  'msgpack-mutative': () => assignments(require('mutative').create, msgpackOfCollection()),
  'msgpack-only': () => assignments(changed, msgpackOfCollection()),
  transact: onePut,
  'transact-sync': onePut,
};

const result = await modes[mode]();
if (result !== undefined) {
  console.log(JSON.stringify(result));
  env.close();
}
