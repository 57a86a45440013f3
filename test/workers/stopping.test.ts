import { expect } from 'vitest';
import { compileAddon } from '../lease/addons.ts';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { versions, workerProgram } from './program.ts';

const addon = await compileAddon('test/workers/stopping');

/**
 * Operations of a thread with an open transaction `txn`, by name. The thread is being terminated from the beginning of the
 * operation, or from its call of `moment()`.
 */
const OPERATIONS: Record<string, string> = {
  get: 'text(items.get(1))',
  'get in a transaction': 'text(items.get(1, txn))',
  'get after one that failed': 'after(() => items.get(50, txn), () => text(items.get(1, txn)))',
  'get of a long value': 'text(items.get(50, txn))',
  'get of an absent key': 'items.get(999, txn)',
  'get in env.write': 'env.write(() => text(items.get(1)))',
  'get of a long value in env.write': 'env.write(() => text(items.get(50)))',
  'get from several values': "String(many.get('key', txn))",
  getMany: 'items.getMany([1, 2, 999, 50], txn).map(text)',
  getBuffer: 'text(items.getBuffer(50, txn))',
  'getBuffer of an absent key': 'items.getBuffer(999, txn)',
  has: 'items.has(1, txn)',
  hasValue: "many.hasValue('key', 'b', txn)",
  range: 'items.range({ limit: 20 }).toArray().map(pair)',
  'range in a transaction': 'items.range({ limit: 20 }, txn).toArray().map(pair)',
  'range in env.write': 'env.write(() => items.range({ limit: 20 }).toArray().map(pair))',
  'range of long values': 'items.range({ gte: 50, limit: 1 }, txn).toArray().map(pair)',
  scan: 'scanned((each) => items.scan({ limit: 20 }, each, txn))',
  keys: 'items.range({ limit: 20 }, txn).keys().toArray()',
  'the values of a key': "many.getAll('key', txn).values().toArray().map(String)",
  count: 'items.count({ gt: 100 }, txn)',
  'put and get': 'env.write(() => { items.put(7, contents(7, 8)); return text(items.get(7)); })',
  put: 'items.put(8, contents(8, 8)) ?? null',
  putNew: 'items.putNew(1, contents(1, 1))',
  'a put that fails': "env.write(() => keyed.put('k'.repeat(3000), '')) ?? null",
  del: 'items.del(999)',
  clear: 'env.write(() => { items.clear(); return items.count(); })',
  'env.write that throws': "env.write(() => { items.clear(); throw new Error('undone'); })",
  'a write inside of a write': 'env.write(() => env.write(() => text(items.get(1))))',
  batch: "promised(env.batch([{ type: 'put', collection: items, key: 9, value: contents(9, 9) }]))",
  copy: "promised(env.copy(args.path + '/copy'))",
  'env.read': 'env.read((reading) => text(items.get(1, reading)))',
  'a lease budget': 'tight((tightened) => tightened.range().toArray().length)',
  'open and get': 'opened((fresh) => text(fresh.get(1)))',
  'a new collection': "env.collection('another', { key: uint32, value: bytes }).count()",
  'a collection with other codecs': "env.collection('items', { key: utf8, value: bytes })",
  drop: "env.write(() => { env.collection('many').drop(); return null; })",
  collections: 'env.collections()',
  info: 'env.info().mapSize',
  stat: 'env.stat().pageSize',
  'stat of a collection': 'items.stat(txn).entries',
  counters: 'typeof env.counters()',
  readers: 'Array.isArray(env.readers())',
  checkReaders: 'env.checkReaders()',
  sync: 'env.sync() ?? null',
  resize: 'env.resize() ?? null',
  'txn.id': 'txn.id > 0',
  leases: 'items.range({ limit: 3 }, txn).toArray().length + txn.leases.live',
  keep: 'text(items.get(1, txn).keep())',
  'the end of a transaction': 'ended(txn)',
  'a transaction under invalidate': "ended(env.read({ onEnd: 'invalidate' }))",
  'a hash join': 'joined().count()',
  'pairs of a hash join': 'joined().toArray().length',
  'a LeaseSource': 'lent((source) => [text(Value.from(source, 1, 3)), text(Value.from(source, 4, 3))])',
  'a LeaseSource under way':
    'lent((source) => { const value = Value.from(source, 1, 3); moment(); source.end(); return text(value); })',
  'a step of a LeaseSource':
    'lent((source) => { const value = Value.from(source, 1, 3); moment(); source.revoke(new ArrayBuffer(9)); return text(value); })',
  'a key map': 'new leasehold.KeyMap(items.range({ limit: 50 }, txn).map(({ value }) => [value, 1])).size',
  'a range under way': 'seen((each) => { for (const entry of items.range({ gte: 40 })) each(entry); })',
  'a range under way in env.write':
    'env.write(() => seen((each) => { for (const entry of items.range({ gte: 40 })) each(entry); }))',
  'a scan under way': 'seen((each) => { items.scan({ gte: 40 }, each); })',
  'a write under way':
    'env.write(() => { items.put(1, contents(1, 9)); moment(); items.put(2, contents(2, 9)); return text(items.get(1)); })',
  'a codec': "slow(() => { moment(); return new Uint8Array(1); }).put('key', 1) ?? null",
  'an import': 'promised(leasehold.importRecords(keyed, (function* () { moment(); })()))',
  close: 'env.close() ?? null',
  'close and get': '(env.close(), text(items.get(1)))',
};

const MEANT_TO_FAIL: Record<string, string | null> = {
  'a put that fails': 'ERR_KEY_SIZE',
  'env.write that throws': null,
  'a lease budget': 'ERR_LEASE_BUDGET',
  'a collection with other codecs': 'ERR_INVALID_ARG_VALUE',
  resize: 'ERR_BUSY',
  'close and get': 'ERR_ENV_CLOSED',
};

const shared = `${versions}
const source = ${JSON.stringify(OPERATIONS)};
const operations = Object.keys(source).map((name) => ({ name, source: source[name] }));
/** Restores the database. */
const repair = () => {
  const { env, items } = openItems();
  rewrite({ env, items });
  const many = env.collection('many', { key: utf8, value: utf8, dupSort: true });
  for (const value of ['a', 'b', 'c']) many.put('key', value);
  const keyed = env.collection('keyed', { key: utf8, value: utf8 });
  for (let i = 0; i < 10; i++) keyed.put('key ' + i, 'value');
  env.close();
};
`;

/** Runs an operation, and reports its outcome. */
const worker = `
const { createRequire } = await import('node:module');
const { writeSync } = await import('node:fs');
const { stop } = createRequire(import.meta.url)(args.addon);
const { LeaseSource } = await import(library + '/dist/lease.js');
const { Value } = leasehold;
const { stops } = workerData;
const moment = stops ? stop : () => {};

const operate = (name, source) => {
  const { env, items } = openItems();
  const many = env.collection('many', { key: utf8, value: utf8, dupSort: true });
  const keyed = env.collection('keyed', { key: utf8, value: utf8 });
  const txn = env.read();
  // Leave out the version number, which every write increments.
  const text = (value) => value === undefined ? null : (value.toBuffer?.() ?? value).toString('latin1').slice(0, 60).split('v')[0];
  const pair = ({ key, value }) => [key, text(value)];
  const scanned = (scan) => { const seen = []; scan((entry) => { seen.push(pair(entry)); }); return seen; };
  const seen = (walk) => {
    const found = [];
    walk((entry) => { if (found.push(pair(entry)) === 3) moment(); });
    return found;
  };
  const tight = (read) => {
    const other = open(args.path, { durability: 'nosync', maxReaders: 60, maxHeldBytes: 1 });
    return read(other.collection('items', { key: uint32, value: bytes }));
  };
  const opened = (read) => read(openItems().items);
  const ended = (reading) => {
    const held = items.get(1, reading);
    const buffer = items.getBuffer(50, reading);
    reading.end();
    return [reading.state === 'open', held.state, buffer.length > 0];
  };
  const after = (first, then) => { try { first(); } catch {} return then(); };
  const lent = (use) => use(new LeaseSource(new Uint8Array([0, 49, 50, 51, 52, 53, 54, 55]).buffer));
  const joined = () => leasehold.hashJoin({
    build: { range: keyed.range({}, txn), on: 'key' },
    probe: { range: keyed.range({}, txn), on: 'key' },
  });
  const promised = (promise) => { promise.catch(() => {}); return String(promise); };
  const slow = (encode) => env.collection('slow', { key: utf8, value: { name: 'slow', encode, decode: () => 1 } });
  const scope = {
    leasehold, env, items, many, keyed, txn, text, pair, scanned, seen, tight, opened, ended, after, lent, Value, joined, promised, slow, moment,
    args, contents, uint32, utf8, bytes,
  };
  const run = new Function(...Object.keys(scope), 'return ' + source);
  if (!source.includes('moment()') && !source.includes('seen(')) moment();
  let outcome;
  try {
    outcome = { result: run(...Object.values(scope)) ?? null };
  } catch (error) {
    outcome = { code: error.code ?? null, message: String(error.message) };
  }
  // Not with postMessage(): a thread that has stopped sends no messages.
  writeSync(1, JSON.stringify({ name, stops, ...outcome }) + '\\n');
  return { env, txn };
};

if (stops) {
  operate(workerData.name, workerData.source);
} else {
  for (const { name, source } of operations) {
    const { env, txn } = operate(name, source);
    txn.end();
    env.close();
    repair();
  }
}
`;

const main = `
repair();
const { env, items } = openItems();
const normal = start({ stops: false });
normal.on('error', (error) => { throw error; });
await exitOf(normal);
for (const { name, source } of operations) {
  const stopping = start({ name, source, stops: true });
  // This test does not care about errors after the thread has reported its outcome.
  stopping.on('error', () => {});
  await exitOf(stopping);
  repair();
}
const whole = env.read((txn) => {
  const version = versionOf(items.get(1, txn));
  for (const { key, value } of items.range({}, txn)) check(key, value, version);
  return items.count({}, txn);
});
tell({ whole });
env.close();
`;

interface Outcome {
  name: string;
  stops: boolean;
  result?: unknown;
  code?: string | null;
  message?: string;
}

// It starts a thread for each operation, one after the other.
test('a thread that is being terminated gets what it asks for or an error, not other bytes', {
  timeout: 250_000,
}, () => {
  const path = temporaryFolder();
  const program = workerProgram({ shared, main, worker });
  const { status, signal, stderr, told } = runChild(program, { path, addon }, { timeout: 240_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const outcomes = told.slice(0, -1) as Outcome[];
  expect(told.at(-1)).toMatchObject({ whole: 300 });
  const strip = ({ result, code, message }: Outcome): unknown => (code === undefined ? { result } : { code, message });
  for (const name of Object.keys(OPERATIONS)) {
    const [normal, stopping] = [false, true].map((stops) =>
      outcomes.find((outcome) => outcome.name === name && outcome.stops === stops),
    );
    expect([name, normal, stopping]).toEqual([name, expect.anything(), expect.anything()]);
    // In a thread that is not terminated, every operation succeeds, except those that are meant to fail.
    expect([name, normal?.code]).toEqual([name, MEANT_TO_FAIL[name]]);
    if (stopping?.code === 'ERR_ENV_CLOSED') continue;
    expect([name, strip(stopping as Outcome)]).toEqual([name, strip(normal as Outcome)]);
  }
});
