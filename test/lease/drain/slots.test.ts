import { spawnSync } from 'node:child_process';
import { describe, expect } from 'vitest';
import { bytes, type ReadTransaction, uint32, type Value } from '../../../lib/index.ts';
import { compiledTools } from '../../interop/tools.ts';
import { askChild } from '../../support/child.ts';
import { collectionOf, openAt, temporaryFolder } from '../../support/fixture.ts';
import { lendingTest as test } from '../../support/lending.ts';

function world(options = {}) {
  const made = collectionOf({ key: uint32, value: bytes }, options);
  made.env.write(() => {
    for (let i = 0; i < 1000; i++) made.items.append(i, Buffer.from(`value ${i}`));
  });
  return made;
}

/** The reader slots that hold a version, by LMDB's own tool. */
function slotsOf(path: string): number {
  // Ignore the exit status: with `-r` it says nothing.
  const { stdout } = spawnSync(compiledTools().stat, ['-r', path], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => /^\s*\d+\s+[0-9a-f]+\s+\d+\s*$/.test(line)).length;
}

const text = (value: Value | undefined) => value?.toBuffer().toString();

describe('reader slots', () => {
  test('are one for ten thousand transactions between two commits, whatever becomes of them', async () => {
    // Of 64 slots, one may be kept for the next transaction: of 20, none.
    const { env, items } = world({ maxReaders: 20 });
    const open: ReadTransaction[] = [];
    const kept: Value[] = [];
    for (let i = 0; i < 10_000; i++) {
      const txn = env.read();
      kept.push(items.get(i % 1000, txn) as Value);
      if (i % 4 === 0) txn.end();
      else open.push(txn);
    }
    expect([slotsOf(env.path), env.counters().snapshots]).toEqual([1, 1]);
    for (let i = 0; i < 500; i++) (open.pop() as ReadTransaction).end();
    const middle = open.splice(2000, 2000);
    for (const txn of middle) txn.end();
    expect([slotsOf(env.path), env.counters().snapshots]).toEqual([1, 1]);
    items.put(0, Buffer.from('changed'));
    const later = env.read();
    expect(slotsOf(env.path)).toBe(2);
    for (const txn of open) txn.end();
    await Promise.all([...middle, ...open].map((txn) => txn.drained));
    later.end();
    env.resize();
    expect([slotsOf(env.path), env.counters().snapshots]).toEqual([0, 0]);
    expect(kept.every((value, i) => text(value) === `value ${i % 1000}`)).toBe(true);
  });

  test('are given back once a drain is done, and not before', async () => {
    const { env, items } = world({ maxReaders: 20 });
    const txn = env.read();
    const value = items.get(7, txn) as Value;
    const seen = [[txn.state, slotsOf(env.path), value.state]];
    txn.end();
    seen.push([txn.state, slotsOf(env.path), value.state]);
    await txn.drained;
    seen.push([txn.state, slotsOf(env.path), value.state]);
    expect(seen).toEqual([
      ['open', 1, 'shared'],
      ['draining', 1, 'shared'],
      ['ended', 0, 'copied'],
    ]);
  });

  test('are one for each handle of a path, and each handle drains its own', async () => {
    const { env, items } = world({ maxReaders: 20 });
    const handles = [env, openAt(env.path), openAt(env.path)].map((handle) => ({
      env: handle,
      items: handle === env ? items : handle.collection('items', { key: uint32, value: bytes }),
    }));
    const lent = handles.map((handle) => {
      const txn = handle.env.read();
      return { ...handle, txn, value: handle.items.get(5, txn) as Value };
    });
    expect(slotsOf(env.path)).toBe(3);
    for (const { txn } of lent) txn.end();
    const [first, second, third] = lent;
    second?.env.close();
    expect([first, second, third].map((one) => one?.value.state)).toEqual(['shared', 'copied', 'shared']);
    expect(slotsOf(env.path)).toBe(2);
    await third?.txn.drained;
    // The first one drains on its own, and may be done by now: only its own promise tells.
    expect([third?.txn.state, third?.value.state]).toEqual(['ended', 'copied']);
    await first?.txn.drained;
    expect(slotsOf(env.path)).toBe(0);
    expect(lent.map(({ value }) => text(value))).toEqual(['value 5', 'value 5', 'value 5']);
  });
});

test('drained of one transaction moves its leases although others stand on the snapshot', async () => {
  const { env, items } = world();
  const [one, other, third] = [env.read(), env.read(), env.read()];
  const values = [one, other, third].map((txn) => items.get(3, txn) as Value);
  one.end();
  third.end();
  await one.drained;
  expect([one, other, third].map((txn) => txn.state)).toEqual(['ended', 'open', 'draining']);
  expect(values.map((value) => value.state)).toEqual(['copied', 'shared', 'shared']);
  expect(env.counters()).toMatchObject({ drains: 1, snapshots: 1, rowsMoved: 1 });
  expect(text(items.get(4, other))).toBe('value 4');
  other.end();
  await Promise.all([other.drained, third.drained]);
  expect(values.map((value) => [value.state, text(value)])).toEqual(new Array(3).fill(['copied', 'value 3']));
  expect(env.counters().snapshots).toBe(0);
});

describe('a program that gives the event loop no turn', () => {
  const setUp = `
    const env = open(args.path, { durability: 'nosync', maxReaders: 20 });
    const items = env.collection('items', { key: uint32, value: bytes });
    const content = (key, turn) => Buffer.from('value ' + key + ' ' + turn);
    env.write(() => { for (let i = 0; i < 1000; i++) items.put(i, content(i, 0)); });
    const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);`;

  test('ends 40,000 transactions, keeps a sink of each and commits after each, with a few slots and pages', () => {
    const told = askChild(
      `${setUp}
      const kept = [];
      let snapshots = 0;
      const before = env.info().fileSize;
      for (let i = 0; i < 40_000; i++) {
        const txn = env.read();
        kept.push(items.get(i % 1000, txn));
        txn.end();
        items.put(i % 1000, content(i % 1000, i + 1));
        snapshots = Math.max(snapshots, env.counters().snapshots);
      }
      const { fileSize, readers } = env.info();
      const right = kept.every((value, i) => value.equals(content(i % 1000, i < 1000 ? 0 : i - 999)));
      tell({ snapshots, readers, grown: (fileSize - before) / 4096, right, megabytes: megabytes() });`,
      { path: temporaryFolder() },
    ) as { snapshots: number; readers: number; grown: number; right: boolean; megabytes: number };
    expect(told.right).toBe(true);
    expect(told.snapshots).toBeLessThanOrEqual(6);
    expect(told.readers).toBeLessThanOrEqual(8);
    expect(told.grown).toBeLessThan(200);
    // 40,000 small Values with an ArrayBuffer each.
    expect(told.megabytes).toBeLessThan(200);
  });

  test('reads in 1,200,000 transactions without a commit or a sink that it keeps, in bounded memory', () => {
    const told = askChild(
      `${setUp}
      let sum = 0;
      for (let i = 0; i < 1_200_000; i++) env.read((txn) => { sum += items.get(i % 1000, txn).byteLength; });
      tell({ sum, megabytes: megabytes(), snapshots: env.counters().snapshots });`,
      { path: temporaryFolder() },
    ) as { sum: number; megabytes: number; snapshots: number };
    expect([told.sum, told.snapshots]).toEqual([1_200_000 * 10.89, 1]);
    expect(told.megabytes).toBeLessThan(250);
  });

  test('keeps sinks of 200,000 transactions on one snapshot', () => {
    const told = askChild(
      `${setUp}
      const kept = [];
      for (let i = 0; i < 200_000; i++) {
        const txn = env.read();
        const value = items.get(i % 1000, txn);
        txn.end();
        if (i % 100 === 0) kept.push(value);
      }
      tell([kept.every((value, i) => value.equals(content((i * 100) % 1000, 0))), env.counters().snapshots]);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([true, 1]);
  });
});

describe('forgotten transactions', () => {
  const setUp = `
  process.removeAllListeners('warning');
  const forgotten = new Map();
  process.on('warning', ({ code, message }) => {
    if (code === 'LEASEHOLD_TXN_LEAK') forgotten.set(message.split('\\n')[1], Number.parseInt(message) || 1);
  });
  const env = open(args.path, { durability: 'nosync', maxReaders: 50 });
  const items = env.collection('items', { key: uint32, value: bytes });
  const commit = (i) => items.put(1, Buffer.from('version ' + i));
  commit(0);
  const kept = [];
  const right = () => kept.every((value, i) => value.toBuffer().toString() === 'version ' + i);
  const warned = () => [...forgotten.values()].reduce((sum, count) => sum + count, 0);
  const told = async (count) => { while (warned() < count) { await new Promise((resolve) => setTimeout(resolve, 1)); } };
`;

  test.each([
    ['', 'const txn = env.read();'],
    [', as iterators that were not finished', 'items.range()[Symbol.iterator]().next(); const txn = env.read();'],
    [', under invalidate', "env.read({ onEnd: 'invalidate' }); const txn = env.read();"],
  ])('do not use the slots up, though each is followed by a commit in one job%s', (_, forget) => {
    const told = askChild(
      `${setUp}
      for (let i = 0; i < 1000; i++) {
        ${forget}
        kept.push(items.get(1, txn));
        commit(i + 1);
      }
      const last = env.read();
      tell([right(), items.get(1, last).toBuffer().toString()]);
      last.end();
      await told(900);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([true, 'version 1000']);
  });

  test('of an earlier job make room as well, and those that are held stay', () => {
    const told = askChild(
      `${setUp}
      const held = [];
      for (let i = 0; i < 45; i++) {
        if (i % 5 === 0) held.push(env.read());
        kept.push(items.get(1, env.read()));
        commit(i + 1);
      }
      await new Promise((resolve) => setImmediate(resolve));
      for (let i = 0; i < 40; i++) { commit(1000 + i); held.push(env.read()); }
      const seen = held.map((txn) => items.get(1, txn).toBuffer().toString());
      tell([right(), held.every(({ state }) => state === "open"), seen.slice(7, 11)]);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([true, true, ['version 35', 'version 40', 'version 1000', 'version 1001']]);
  });
});
