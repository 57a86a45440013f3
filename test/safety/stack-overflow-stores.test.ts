import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runChild } from '../support/child.ts';

// As stack-overflow.test.ts, for persistent objects: each call is made at each height of the stack near its limit. Afterwards the store's own
// objects must show what is stored, which another handle of the database reads.

const WORLD = `
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
const { Counter, openStore, PersistentList, PersistentMap, persistent, ref, t: types } = await import(library + '/dist/objects.js');
const folder = mkdtempSync(join(tmpdir(), 'leasehold-overflow-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const Frob = persistent('overflow.Frob', { foo: types.f64, tags: types.json, next: ref().optional() })(class Frob {});
const store = openStore(join(folder, 'store'), { durability: 'nosync' });
const other = openStore(join(folder, 'store'), { durability: 'nosync' });
const { root } = store;
store.write(() => {
  root.frob = new Frob({ foo: 0, tags: [1, { a: 1 }] });
  root.map = new PersistentMap();
  root.list = new PersistentList();
  root.counter = new Counter();
  for (let i = 0; i < 20; i++) { root.map.set(i, new Frob({ foo: i, tags: [] })); root.list.push(i); }
});
const { frob } = root;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
const shown = ({ root }) => JSON.stringify([root.frob.foo, root.frob.tags, root.frob.next?.foo,
  [...root.map].map(([key, { foo }]) => [key, foo]), root.map.size, [...root.list], root.list.length, root.counter.value]);

function dive(state, a, b, c, d, e) {
  let level;
  try { level = dive(state, a, b, c, d, e) + 1; } catch { level = 0; }
  if (level === state.level) {
    state.level = -1;
    try { state.promise = state.call(); } catch (error) { state.error = error; }
  }
  return level;
}
/** Makes a call at each height, from the highest down, until it has succeeded several times. Returns how often it failed. */
async function sweep(call, after) {
  let failed = 0;
  for (let level = 0, well = 0; well < 3; level++) {
    if (level > 2000) throw new Error('it never goes well');
    const state = { level, call, error: undefined, promise: undefined };
    await nextTurn();
    dive(state, 1, 2, 3, 4, 5);
    if (state.error === undefined) well++;
    else { failed++; well = 0; }
    await after(state.error, state.promise, level);
  }
  return failed;
}
`;

const options = { execArgv: ['--stack-size=120'], env: existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {} };

test('a write is whole or not at all, and the objects show what is stored', { timeout: 120_000 }, () => {
  const { status, signal, stderr, told } = runChild(
    `${WORLD}
    let n = 100;
    const calls = {
      assign: () => { frob.foo = n; },
      'a draft': () => store.write(() => { frob.tags.push(n); }),
      'a new object': () => store.write(() => { root.map.set(n % 30, (frob.next = new Frob({ foo: n, tags: [n] }))); }),
      list: () => root.list.splice(2, 1, n),
      nested: () => store.write(() => { frob.foo = n; store.write(() => { frob.tags.push(n); root.counter.add(1); }); }),
    };
    const result = {};
    for (const [name, call] of Object.entries(calls)) {
      let problem;
      const failed = await sweep(call, async (error, _, level) => {
        n++;
        const seen = shown(store);
        other.refresh();
        if (error !== undefined && !(error instanceof RangeError)) problem ??= String(error.stack);
        if (seen !== shown(other)) problem ??= 'at level ' + level + ' it shows what is not stored';
      });
      result[name] = problem ?? (failed > 0 ? 'right' : 'no overflow');
    }
    for await (const { message } of store.check()) result.check = message;
    tell(result);`,
    null,
    options,
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const result = told[0] as Record<string, unknown>;
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, 'right'])));
});

test('a read leaves the objects at the newest commit, and is never taken for damage', { timeout: 120_000 }, () => {
  const { status, signal, told } = runChild(
    `${WORLD}
    const calls = {
      'a field': () => frob.foo,
      'a plain value': () => frob.tags[1].a,
      'the root': () => root.frob,
      'a map': () => root.map.get(7).foo,
      range: () => [...root.map],
      all: () => [...store.all(Frob)],
      'a snapshot': () => { const snapshot = store.snapshot(); snapshot.end(); },
    };
    const result = {};
    let n = 0;
    for (const [name, call] of Object.entries(calls)) {
      let problem;
      const failed = await sweep(call, async (error) => {
        if (error !== undefined && !(error instanceof RangeError)) problem ??= String(error.stack);
        const mine = store.snapshot();
        try { mine.root.frob.foo; } catch (error) { problem ??= 'a later snapshot: ' + error.code; }
        mine.end();
        await nextTurn();
        other.root.frob.foo = ++n;
        await nextTurn();
        if (frob.foo !== n) problem ??= 'it shows an old version';
        if (store.counters().snapshots !== 0) problem ??= 'a snapshot stays';
      });
      result[name] = problem ?? (failed > 0 ? 'right' : 'no overflow');
    }
    tell(result);`,
    null,
    options,
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const result = told[0] as Record<string, unknown>;
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, 'right'])));
});

test('a lock whose request overflows is free, and its function is not called', { timeout: 120_000 }, () => {
  // Node prints to stderr when it has no stack left to note that a promise was rejected.
  const { status, signal, told } = runChild(
    `${WORLD}
    let held = 0;
    const problems = new Set();
    const result = {};
    await store.locks.request('lock', () => {});
    for (const [name, given] of Object.entries({ exclusive: {}, ifAvailable: { ifAvailable: true }, signal: { signal: new AbortController().signal } })) {
      const all = [];
      const failed = await sweep(() => {
        const own = { ran: false };
        own.promise = store.locks.request('lock', given, async () => {
          own.ran = true;
          if (++held > 1) problems.add('two have it');
          await nextTurn();
          held--;
        });
        own.promise.catch(() => {});
        all.push(own);
        return own.promise;
      }, () => {});
      for (const { promise, ran } of all) {
        const [{ status, reason }] = await Promise.allSettled([promise]);
        if (status === 'rejected' && (ran || !(reason instanceof RangeError))) problems.add(ran ? 'it ran and failed' : String(reason.stack));
      }
      result[name] = failed > 0 ? 'right' : 'no overflow';
    }
    const { held: left, pending } = await store.locks.query();
    if (left.length + pending.length > 0) problems.add('a lock stays');
    result.problems = [...problems].join() || 'right';
    tell(result);`,
    null,
    options,
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const result = told[0] as Record<string, unknown>;
  expect(result).toEqual(Object.fromEntries(Object.keys(result).map((name) => [name, 'right'])));
});
