import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { lendingTest } from '../support/lending.ts';

// A stack overflow that the program catches can happen at any call that the library makes. The test makes each public call
// at each height of the stack near its limit, in a separate process with a small stack. If the call overflows, it must have
// no effect: no snapshot stays, no write lock, and no lease about which native code and JavaScript disagree.

const WORLD = `
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const { hashJoin, KeyMap, mergeJoin, Value } = leasehold;
const { LeaseSource } = await import(library + '/dist/lease.js');
const folder = mkdtempSync(join(tmpdir(), 'leasehold-overflow-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Functions that call themselves until the stack is full, with frames of different sizes. */
const dives = [0, 1, 3].map((pads) => {
  const parameters = ['state', ...Array.from({ length: pads }, (_, i) => 'p' + i)].join();
  return new Function(\`return function dive(\${parameters}) {
    let level;
    try { level = dive(\${parameters}) + 1; } catch { level = 0; }
    if (level === state.level) { state.level = -1; try { state.call(); } catch (error) { state.error = error; } }
    return level;
  }\`)();
});

/** Makes a call at each height, from the highest down, until it has succeeded several times. Returns how often it failed. */
function sweep(call, after) {
  let failed = 0;
  for (const dive of dives) {
    for (let level = 0, well = 0; well < 3; level++) {
      if (level > 2000) throw new Error('it never goes well');
      const state = { level, call, error: undefined };
      dive(state, 1, 2, 3);
      if (state.error === undefined) well++;
      else { failed++; well = 0; }
      after(state.error);
    }
  }
  return failed;
}
const isOverflow = (error) => error instanceof RangeError || ['ENOMEM', 'ERR_TXN_ENDED', 'ERR_INVALID_ARG_VALUE'].includes(error?.code);

const COUNT = 300;
const content = (key) => Buffer.alloc(40, 'value ' + key + ';');
let made = 0;
const make = () => {
  const env = open(join(folder, String(made++)), { durability: 'nosync' });
  const items = env.collection('items', { key: uint32, value: bytes });
  const others = env.collection('others', { key: uint32, value: bytes });
  env.write(() => { for (let key = 0; key < COUNT; key++) { items.put(key, content(key)); others.put(key, content(key)); } });
  items.put(COUNT, Buffer.alloc(40_000, 7));
  const pairs = env.collection('pairs', { key: uint32, value: bytes, dupSort: true });
  env.write(() => { for (let i = 0; i < 100; i++) pairs.put(i % 10, content(i)); });
  return { env, items, others, pairs };
};
`;

lendingTest('reads leave no snapshot, and no lease that only one half knows', { timeout: 120_000 }, () => {
  const { status, signal, stderr, told } = runChild(
    `${WORLD}
    const calls = {
      get: ({ items }) => items.get(5),
      'get in a transaction': ({ items, txn, hold }) => hold(5, items.get(5, txn)),
      'get of a transaction without leases': ({ begin, items, hold }) => hold(6, items.get(6, begin())),
      getMany: ({ items, txn, hold }) => items.getMany([1, 2, 400, 3], txn).forEach((value, i) => i !== 2 && hold([1, 2, 400, 3][i], value)),
      'getMany without a transaction': ({ items }) => items.getMany([1, 2, 3]),
      has: ({ items }) => items.has(5),
      getBuffer: ({ items, txn }) => items.getBuffer(5, txn),
      'getBuffer of a large value': ({ items, txn }) => items.getBuffer(COUNT, txn),
      range: ({ items }) => items.range({ limit: 20 }).toArray(),
      'range in a transaction': ({ items, txn, hold }) => { for (const { key, value } of items.range({ lt: COUNT }, txn)) hold(key, value); },
      'keys of a range': ({ items, txn }) => items.range({ lt: COUNT }, txn).keys().toArray(),
      scan: ({ items, hold }) => items.scan({ limit: 30 }, ({ key, value }) => hold(key, value.keep())),
      'scan in a transaction': ({ items, txn, seen }) => items.scan({ lt: COUNT }, ({ value }) => { seen.push(value); }, txn),
      count: ({ items }) => items.count({ gt: 3 }),
      stat: ({ items }) => items.stat(),
      'env.read(fn)': ({ env, items }) => env.read((txn) => items.get(7, txn)),
      'env.read() and end()': ({ begin, items, hold }) => { const txn = begin(); hold(7, items.get(7, txn)); txn.end(); },
      'end() that expires': ({ begin, items, seen }) => {
        const txn = begin({ onEnd: 'invalidate' });
        for (const value of items.range({ lt: 40 }, txn).values()) seen.push(value);
        txn.end();
      },
      'env.read({ onEnd })': ({ env, items, seen }) => env.read((txn) => { seen.push(items.get(7, txn)); }, { onEnd: 'invalidate' }),
      hashJoin: ({ items, others, txn, hold }) => {
        for (const { build, probe } of hashJoin({ build: items.range({ lt: 50 }, txn), probe: others.range({ lt: 50 }, txn), on: { build: 'key', probe: 'key' } })) {
          hold(build.key, build.value);
          hold(probe.key, probe.value);
        }
      },
      mergeJoin: ({ items, others, txn, hold }) => {
        for (const { build, probe } of mergeJoin({ build: items.range({ lt: 50 }, txn), probe: others.range({ lt: 50 }, txn), on: { build: 'key', probe: 'key' } })) {
          hold(build.key, build.value);
          hold(probe.key, probe.value);
        }
      },
      getAll: ({ pairs }) => pairs.getAll(3).toArray(),
      'getAll in a transaction': ({ pairs, txn }) => pairs.getAll(3, txn).toArray(),
      hasValue: ({ pairs }) => pairs.hasValue(3, content(3)),
      'env.stat(), info() and readers()': ({ env }) => [env.stat(), env.info(), env.readers()],
      'env.collections()': ({ env }) => env.collections(),
      'env.collection()': ({ env }) => env.collection('items'),
      'keep()': ({ items, txn, hold }) => hold(9, items.get(9, txn).keep()),
      'toBuffer()': ({ items, txn }) => items.get(9, txn).toBuffer(),
      'KeyMap': ({ items, txn }) => { const map = new KeyMap(); for (const { key, value } of items.range({ lt: 20 }, txn)) map.set(value, key); },
      drained: ({ begin, items, hold }) => { const txn = begin(); hold(5, items.get(5, txn)); txn.end(); void txn.drained; },
    };
    const result = {};
    for (const [name, call] of Object.entries(calls)) {
      const { env, items, others, pairs } = make();
      const held = [];
      const seen = [];
      const hold = (key, sink) => { if (held.length < 20_000) held.push([key, sink]); };
      let problem;
      let txn = env.read();
      // The program ends transactions that a call began and could not end.
      const begun = [];
      const begin = (options) => (begun[begun.length] = env.read(options));
      const world = { env, items, others, pairs, hold, seen, begin, get txn() { return txn; } };
      let turn = 0;
      const failed = sweep(() => call(world), (error) => {
        if (error !== undefined && !isOverflow(error)) problem ??= String(error.stack);
        for (const one of begun.splice(0)) one.end();
        // After an overflow inside its calls, a transaction still works.
        if (items.get(8, txn)?.equals(content(8)) !== true) problem ??= 'a later get() is wrong';
        if (++turn % 8 === 0) {
          txn.end();
          items.put(1000 + turn, content(turn));
          txn = env.read();
        }
      });
      // New row tables reuse the memory of old ones that are not held.
      for (let i = 0; i < 16; i++) for (const { value } of items.range({ lt: COUNT }, txn)) value.byteAt(0);
      gc();
      const spray = Array.from({ length: 50 }, (_, i) => new Uint32Array(16384).fill(0x7fffff00 + i));
      txn.end();
      for (let i = 0; i < 8; i++) env.write(() => { for (let key = 0; key < COUNT; key++) items.put(key, Buffer.alloc(40, 0xa0 + i)); });
      const last = env.read();
      last.end();
      await last.drained;
      env.resize(); // drains the rest on the spot
      const wrong = held.filter(([key, sink]) => !sink.equals(content(key))).length;
      // Sinks of a scan, and sinks that were invalidated, must have expired.
      const readable = seen.filter((sink) => sink.state !== 'expired').length;
      const { snapshots } = env.counters();
      const readers = env.readers().filter((reader) => reader.transaction !== undefined).length;
      result[name] = problem ?? (failed === 0 ? 'no overflow' : { wrong, readable, snapshots, readers });
      env.close();
      if (spray.length === 0) throw new Error();
    }
    tell(result);`,
    null,
    { execArgv: ['--stack-size=120', '--expose-gc'], timeout: 115_000 },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const result = told[0] as Record<string, unknown>;
  const right = { wrong: 0, readable: 0, snapshots: 0, readers: 0 };
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, right])));
});

test('writes are whole or not at all, and leave no write lock', { timeout: 120_000 }, () => {
  // Node prints to stderr when it has no stack left to note that a promise was rejected.
  const { status, signal, told } = runChild(
    `${WORLD}
    const calls = {
      put: ({ items, key }) => items.put(key, content(key)),
      'put of much': ({ items, key }) => items.put(key, Buffer.alloc(100_000, key)),
      putNew: ({ items, key }) => items.putNew(key, content(key)),
      del: ({ items, key }) => items.del(key - 1),
      append: ({ items, key }) => items.append(key, content(key)),
      update: ({ items, key }) => items.update(key, () => content(key)),
      'put and delValue of pairs': ({ pairs, key }) => { pairs.put(1, content(key)); pairs.delValue(1, content(key)); },
      'env.write(fn)': ({ env, items, key }) => env.write(() => { items.put(key, content(key)); items.put(key + 1, content(key + 1)); }),
      'env.write in env.write': ({ env, items, key }) => env.write(() => { items.put(key, content(key)); env.write(() => items.put(key + 1, content(key))); }),
      'range in env.write': ({ env, items, key }) => env.write(() => { items.put(key, content(key)); for (const { value } of items.range({ lt: 10 })) value.byteAt(0); items.put(key + 1, content(key)); }),
      clear: ({ others }) => others.clear(),
      'env.collection': ({ env, key }) => env.collection('made-' + key, { key: utf8, value: json }),
      batch: ({ env, items, key }) => { void env.batch([{ type: 'put', collection: items, key, value: content(key) }, { type: 'put', collection: items, key: key + 1, value: content(key) }]).catch(() => {}); },
    };
    const result = {};
    for (const [name, call] of Object.entries(calls)) {
      const { env, items, others, pairs } = make();
      let key = 10_000;
      let problem;
      const failed = sweep(() => call({ env, items, others, pairs, key }), (error) => {
        if (error !== undefined && !isOverflow(error)) problem ??= String(error.stack);
        // Both keys of a pair are there, or neither.
        if (/env.write|range|batch/.test(name) && items.has(key) !== items.has(key + 1) && name !== 'env.write in env.write') problem ??= 'half of it was written';
        if (error !== undefined && ['put', 'append', 'update'].includes(name) && items.has(key) && !items.get(key).equals(content(key))) problem ??= 'wrong bytes';
        key += 2;
      });
      // The write lock is free: this thread can write.
      items.put(5, content(6));
      if (!items.get(5).equals(content(6))) problem ??= 'a later put() is wrong';
      for (let i = 0; i < COUNT; i++) if (i !== 5 && !items.get(i).equals(content(i))) problem ??= 'the contents have changed';
      const { snapshots } = env.counters();
      const readers = env.readers().filter((reader) => reader.transaction !== undefined).length;
      result[name] = problem ?? (failed === 0 ? 'no overflow' : { snapshots, readers });
      env.close();
    }
    tell(result);`,
    null,
    { execArgv: ['--stack-size=120', '--expose-gc'], timeout: 115_000 },
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const result = told[0] as Record<string, unknown>;
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, { snapshots: 0, readers: 0 }])));
});

test('copies, imports, exports and sources are whole, or as if they had not been called', { timeout: 120_000 }, () => {
  // As above, for functions that return promises.
  const { status, signal, told } = runChild(
    `${WORLD}
    const { importRecords, exportRecords, inferSchema, Key } = leasehold;
    const { statSync } = await import('node:fs');
    const NAMES = ['one', 'two', 'three'];
    const input = () => [NAMES.map((name, key) => JSON.stringify({ key, value: name }) + '\\n').join('')];
    // Load the code of imports and exports, which the first call loads. This test is not about loading.
    const warm = open(join(folder, 'warm')).collection('texts', { key: uint32, value: utf8 });
    await importRecords(warm, input(), { format: 'ndjson', key: 'key', value: 'value' }).catch(() => {});
    await exportRecords(warm.range(), join(folder, 'warm.ndjson'));
    await inferSchema(input(), { format: 'ndjson' });
    const calls = {
      'env.copy': ({ env, number }) => env.copy(join(folder, 'copy-' + number)),
      'env.flush': ({ env }) => env.flush(),
      'env.sync': ({ env }) => env.sync(),
      'env.resize': ({ env }) => env.resize(),
      'importRecords': ({ texts }) => importRecords(texts, input(), { format: 'ndjson', key: 'key', value: 'value' }),
      'exportRecords': ({ texts, number }) => exportRecords(texts.range(), join(folder, 'export-' + number + '.ndjson')),
      'exportRecords in a transaction': ({ texts, txn, number }) => exportRecords(texts.range({}, txn), join(folder, 'export-' + number + '.ndjson')),
      'inferSchema': () => inferSchema(input(), { format: 'ndjson' }),
      'env.read(async fn)': ({ env, items }) => env.read(async () => { items.get(1); await null; items.get(2); }),
      'drop': ({ env, number }) => { env.collection('passing').drop(); },
      'new LeaseSource': ({ sources }) => { sources.push(new LeaseSource(new ArrayBuffer(64))); },
      'Value.from': ({ source, hold }) => { const value = Value.from(source, 8, 40); hold(value); },
      'Key.from': ({ source, hold }) => { const key = Key.from(source, 8, 40); hold(key); },
      'revoke()': ({ source, hold }) => { hold(Value.from(source, 8, 40)); source.revoke(); },
      'end() of a source': ({ sourceOf, hold }) => { const source = sourceOf(); hold(Value.from(source, 8, 40)); source.end(); },
      'asBuffer() of a source': ({ source }) => Value.from(source, 8, 40).asBuffer(),
      'environment closed and opened': ({ number }) => { const env = open(join(folder, 'opened-' + (number % 3))); env.close(); },
    };
    const sourceOf = () => { const memory = new ArrayBuffer(64); new Uint8Array(memory).set(content(1), 8); return new LeaseSource(memory); };
    const result = {};
    for (const [name, call] of Object.entries(calls)) {
      const { env, items } = make();
      const texts = env.collection('texts', { key: uint32, value: utf8 });
      texts.put(7, 'seven');
      const held = [];
      const sources = [];
      const promises = [];
      let problem;
      let number = made * 10_000;
      let source = sourceOf();
      // An environment is resized only while nobody reads.
      const txn = name === 'env.resize' ? undefined : env.read();
      const hold = (sink) => { held[held.length] = sink; };
      const failed = sweep(
        () => { promises[promises.length] = call({ env, items, texts, txn, sourceOf, get source() { return source; }, sources, hold, number }); },
        (error) => {
          if (error !== undefined && !isOverflow(error)) problem ??= String(error.stack);
          if (!items.get(8, txn).equals(content(8))) problem ??= 'a later get() is wrong';
          if (!Value.from(source, 8, 40).equals(content(1))) problem ??= 'the source lends something else';
          number++;
          if (name === 'drop') env.collection('passing', { key: uint32, value: utf8 });
        },
      );
      // A call that failed must have failed with a stack overflow, and with no other error.
      for (const each of await Promise.allSettled(promises)) {
        if (each.status === 'rejected' && !isOverflow(each.reason)) problem ??= String(each.reason.stack);
      }
      source.end();
      txn?.end();
      await txn?.drained;
      for (let i = 0; i < 4; i++) env.write(() => { for (let key = 0; key < COUNT; key++) items.put(key, Buffer.alloc(40, 0xa0 + i)); });
      env.read(() => {});
      env.resize();
      const wrong = held.filter((sink) => !sink.equals(content(1))).length;
      const { snapshots } = env.counters();
      const readers = env.readers().filter((reader) => reader.transaction !== undefined).length;
      if (texts.get(7) !== 'seven' || (texts.count() !== 1 && texts.count() !== 1 + NAMES.length)) problem ??= 'half of an import';
      result[name] = problem ?? (failed === 0 ? 'no overflow' : { wrong, snapshots, readers });
      env.close();
    }
    tell(result);`,
    null,
    // The test syncs hundreds of times, so it uses a folder in memory if there is one.
    {
      execArgv: ['--stack-size=120', '--expose-gc'],
      timeout: 115_000,
      env: existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {},
    },
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const result = told[0] as Record<string, unknown>;
  const right = { wrong: 0, snapshots: 0, readers: 0 };
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, right])));
});
