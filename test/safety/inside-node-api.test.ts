import { describe, expect, test } from 'vitest';
import { LeaseholdError } from '../../lib/index.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { runChild } from '../support/child.ts';

// Node-API runs the program's code in the middle of native functions: hooks of node:async_hooks when a promise or a
// threadsafe function is made, and setters on built-in prototypes when a property is set. Each test runs in a separate
// process, which might crash.

function run(source: string, args?: unknown): unknown[] {
  const { status, signal, stderr, told } = runChild(source, args);
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return told;
}

const WORLD = `
import { createHook } from 'node:async_hooks';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const folder = mkdtempSync(join(tmpdir(), 'leasehold-hooks-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const make = () => {
  const env = open(join(folder, String(count++)), { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: bytes });
  items.put('m', Buffer.alloc(100, 1));
  return { env, items };
};
`;

describe('hooks of node:async_hooks inside copy(), batch() and drained', () => {
  test.each([
    ['close the environment', `({ env }) => env.close()`, ['fulfilled', 'ERR_ENV_CLOSED']],
    ['begin a copy and a batch', `({ env, items }) => { begun.push(copy(env), put(env, items)); }`, ['fulfilled']],
    ['end the transaction', `({ txn }) => { txn.end(); begun.push(txn.drained); }`, ['fulfilled']],
  ])('%s', (_, effect, allowed) => {
    const told = run(`${WORLD}
    const begun = [];
    const copy = (env) => env.copy(join(folder, 'copy-' + count++));
    const put = (env, items) => env.batch([{ type: 'put', collection: items, key: 'k', value: Buffer.alloc(10) }]);
    const calls = {
      copy: ({ env }) => copy(env),
      batch: ({ env, items }) => put(env, items),
      drained: ({ txn }) => txn.drained,
    };
    const effect = ${effect};
    let act;
    createHook({ init(id, type) { if (type !== 'TickObject') act?.(); } }).enable();
    const outcomes = {};
    let reached = 0;
    for (const [name, call] of Object.entries(calls)) {
      for (let at = 0; at < 6; at++) {
        const world = make();
        world.txn = world.env.read();
        const kept = world.items.get('m', world.txn);
        let seen = 0;
        act = () => { if (seen++ === at) { reached++; act = undefined; effect(world); } };
        const promise = call(world);
        act = undefined;
        world.txn.end();
        for (const one of [promise, ...begun.splice(0)]) {
          const outcome = await one.then(() => 'fulfilled', (error) => error.code);
          (outcomes[name] ??= {})[outcome] = true;
        }
        if (!kept.equals(Buffer.alloc(100, 1))) throw new Error('the value has changed');
        world.env.close();
      }
    }
    tell({ reached, outcomes });`);
    const { reached, outcomes } = told[0] as { reached: number; outcomes: Record<string, Record<string, true>> };
    expect(reached).toBeGreaterThanOrEqual(3);
    expect(Object.keys(outcomes)).toEqual(['copy', 'batch', 'drained']);
    for (const found of Object.values(outcomes)) expect(allowed).toEqual(expect.arrayContaining(Object.keys(found)));
  });
});

test('setters on built-in prototypes are not called while results and errors are made, which have all their fields', () => {
  const told = run(`${WORLD}
  const other = make();
  const { env, items } = make();
  const calls = {
    stat: () => Object.keys(env.stat()).length,
    'collection.stat': () => Object.keys(items.stat()).length,
    info: () => Object.keys(env.info()).length,
    collections: () => env.collections().join(),
    readers: () => env.read(() => env.readers().map((reader) => Object.keys(reader).length).join()),
    getMany: () => env.read((txn) => items.getMany(['m', 'x'.repeat(600)], txn)),
    put: () => items.put('x'.repeat(600), Buffer.alloc(1)),
    append: () => env.write(() => items.append('a', Buffer.alloc(1))),
    get: () => items.get(5),
    open: () => open('', {}),
    batch: () => env.batch([{ type: 'put', collection: items, key: 'x'.repeat(600), value: Buffer.alloc(1) }]),
  };
  const results = async () => {
    const found = Object.create(null);
    for (const [name, call] of Object.entries(calls)) {
      try {
        found[name] = await call();
      } catch (error) {
        found[name] = [error.code, error.path === env.path, error.index, Object.keys(error).sort().join(), 'cause' in error];
      }
    }
    return found;
  };
  const before = await results();
  const called = [];
  const trap = (name) => Object.defineProperty(Object.prototype, name, {
    configurable: true, get() { return undefined; }, set() { called.push(name); env.close(); },
  });
  const names = ['code', 'path', 'index', 'cause', 'pid', 'thread', 'transaction', 'entries', 'depth', 'pageSize', 'mapSize',
    'leafPages', 'readers'];
  names.forEach(trap);
  let after;
  try {
    after = await results();
  } finally {
    for (const name of names) delete Object.prototype[name];
  }
  // Node's internal arrays call this setter too, so nothing else may run meanwhile.
  let elements;
  Object.defineProperty(Object.prototype, '0', { configurable: true, set() { env.close(); } });
  try {
    elements = [Object.keys(env.collections()).join(), Object.keys(env.readers())[0]];
  } finally {
    delete Object.prototype['0'];
  }
  for (const name of Object.keys(after)) {
    // 'cause' in error: now true for every object.
    if (Array.isArray(after[name])) after[name][4] = before[name][4];
  }
  const same = JSON.stringify(before) === JSON.stringify(after);
  console.log(JSON.stringify({ same, called, elements, open: env.isOpen, codes: Object.values(before).filter(Array.isArray).map(([code]) => code),
    difference: same ? null : { before, after } }));`);
  expect(told[0]).toEqual({
    same: true,
    difference: null,
    called: [],
    elements: ['0', '0'],
    open: true,
    codes: [
      'ERR_KEY_SIZE',
      'ERR_KEY_SIZE',
      'ERR_KEY_ORDER',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_VALUE',
      'ERR_KEY_SIZE',
    ],
  });
});

test('the class of errors cannot be given another prototype, constructor or hasInstance', () => {
  expect(() => Object.setPrototypeOf(LeaseholdError, class extends Error {})).toThrow(TypeError);
  expect(() => Object.setPrototypeOf(LeaseholdError.prototype, {})).toThrow(TypeError);
  expect(() => Object.defineProperty(LeaseholdError, Symbol.hasInstance, { value: () => true })).toThrow(TypeError);
  expect(() => Object.defineProperty(LeaseholdError.prototype, 'code', { set() {} })).toThrow(TypeError);
  // Programs can still make subclasses of the error, and add fields.
  class Mine extends LeaseholdError {
    readonly extra = 1;
  }
  const mine = Object.assign(new Mine('ERR_MINE', 'mine', { cause: 5 }), { message: 'changed', path: 'p' });
  expect([mine.code, mine.message, mine.cause, mine.extra, mine.path, mine.name]).toEqual([
    'ERR_MINE',
    'changed',
    5,
    1,
    'p',
    'LeaseholdError',
  ]);
});

/** A function that attaches itself to the addon as the maker of errors is called in the middle of everything that can fail. */
test('native functions that made an error look at nothing that it may have destroyed', () => {
  const told = run(
    `${WORLD}
  const { env: other, items: filler } = make();
  const module = { exports: {} };
  process.dlopen(module, library + '/build/Release/leasehold.node');
  const addon = module.exports;
  const io = new Uint8Array(65536);
  const control = new Uint32Array(64);
  let hook;
  addon.attach(io, control, (code, message) => {
    const act = hook;
    hook = undefined;
    act?.();
    return Object.assign(new Error(message), { code });
  });
  addon.setTable(new Uint32Array(4096 * 4));
  const calls = {
    getMany: ({ read, id }) => addon.getMany(read, id, 0, new Uint32Array([1, 600]), 0, {}),
    get: ({ read, id }) => addon.get(read, id, 0, 600),
    has: ({ read, id }) => addon.has(read, id, 0, 600),
    getBuffer: ({ read, id }) => addon.getBuffer(read, id, 0, 600),
    put: ({ write, id }) => addon.change(write(), id, 0, 600, undefined, 0, 10, 0),
    append: ({ write, id }) => { const txn = write(); addon.change(txn, id, 0, 1, undefined, 0, 10, 2); addon.change(txn, id, 0, 1, undefined, 0, 10, 2); },
    del: ({ write, id }) => addon.change(write(), id, 0, 600, undefined, 0, 0, 3),
    drop: ({ write, id }) => { const txn = write(); addon.change(txn, id, 0, 0, undefined, 0, 0, 6); addon.change(txn, id, 0, 0, undefined, 0, 0, 6); addon.change(txn, id, 0, 1, undefined, 0, 10, 0); },
    'the commit of a doomed transaction': ({ write, id }) => {
      const txn = write();
      try { addon.change(txn, 0, 0, 600, undefined, 0, 65536, 0); } catch {}
      for (let i = 0; i < 40; i++) addon.change(txn, id, i, 8, undefined, 0, 65536, 0);
      addon.writeCommit(txn);
    },
    'a commit under a child': ({ write, native }) => { const txn = write(); addon.writeBegin(native, Infinity); addon.writeCommit(txn); },
    batch: ({ native }) => addon.batch(native, 0, 5),
    // A key that is not in its frame, one that is too long, rows without versions, and a frame that is left to others.
    answerMany: ({ read, versioned }) => addon.answerMany(read, versioned, 1, 0, new Uint8Array(8).fill(255), 0, 8, 1, new Uint8Array(65536), 0),
    'answerMany, a key that is too long': ({ read, versioned }) => addon.answerMany(read, versioned, 1, 0, longKey, 0, longKey.length, 1, new Uint8Array(65536), 0),
    packRows: ({ read, id }) => addon.packRows(read, id, 0, 0, 0, 0, 10, 0, new Uint8Array(65536), 0),
    answerGets: ({ read, versioned }) => addon.answerGets(read, new Uint32Array([versioned + 1]), 1, 0, longGet, 0, longGet.length, new Uint8Array(65536), 0),
    changes: ({ write }) => addon.changes(write(), 0, 5, new ArrayBuffer(64)),
    batchNow: ({ native }) => addon.batchNow(native, 0, 5, new ArrayBuffer(64)),
    transactCommit: ({ transact, native }) => addon.transactCommit(transact, native),
    copy: ({ native }) => addon.copy(native, '/nowhere/at/all', false),
  };
  const longKey = new Uint8Array(604);
  new DataView(longKey.buffer).setUint32(0, 600, true);
  const longGet = new Uint8Array(620);
  const frame = new DataView(longGet.buffer);
  frame.setUint32(0, 608, true);
  frame.setUint8(8, args.get);
  frame.setUint8(9, args.fin);
  frame.setBigUint64(12, 1n, true);
  const outcomes = {};
  for (const [name, call] of Object.entries(calls)) {
    const path = join(folder, 'raw' + count++);
    mkdirSync(path);
    const native = addon.open(path, 1 << 20, NaN, NaN, NaN, NaN, NaN, 4);
    const making = addon.writeBegin(native, Infinity);
    const id = addon.makeCollection(making, 'items', 0);
    const versioned = addon.makeCollection(making, 'versioned', 2);
    addon.writeCommit(making);
    const transact = addon.transactBegin(addon.environmentHandle(native), true);
    addon.change(transact, versioned, 0, 4, undefined, 0, 10, 0);
    const read = addon.readBegin(addon.environmentHandle(native), false);
    io.fill(0x41);
    const world = { native, id, versioned, read, transact, write: () => addon.writeBegin(native, Infinity) };
    let closed = false;
    hook = () => {
      closed = true;
      addon.close(native);
      // Other allocations reuse the memory that was freed.
      for (let i = 0; i < 200; i++) {
        other.batch([{ type: 'put', collection: filler, key: 'k', value: Buffer.alloc(300 + (i % 8) * 8, 0x41) }]).catch(() => {});
      }
    };
    let outcome = 'none';
    try { await call(world); } catch (error) { outcome = error.code; }
    outcomes[name] = [outcome, closed];
    hook = undefined;
    if (!closed) addon.close(native);
  }
  tell(outcomes);`,
    { get: Kind.GET, fin: FIN },
  );
  const outcomes = told[0] as Record<string, [string, boolean]>;
  const reached = Object.entries(outcomes).filter(([, [, closed]]) => closed);
  expect(reached.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'getMany',
      'get',
      'put',
      'append',
      'del',
      'the commit of a doomed transaction',
      'copy',
      'answerMany',
      'answerMany, a key that is too long',
      'packRows',
    ]),
  );
  // It leaves what fails to others, and makes no error.
  expect(outcomes['answerGets']).toEqual(['none', false]);
  for (const [name, [code]] of reached) expect([name, code]).toEqual([name, expect.stringMatching(/^[A-Z_]+$/)]);
});
