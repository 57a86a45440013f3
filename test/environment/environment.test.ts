import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, uint32, utf8 } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { codeOf, collectionOf, openTemporary, until } from '../support/fixture.ts';
import { expectedState, lendingTest } from '../support/lending.ts';

const strings = { key: utf8, value: utf8 };

test('stat() and info() tell what LMDB tells', () => {
  const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 26 });
  const before = env.info();
  env.write(() => {
    for (let i = 0; i < 1000; i++) items.put(i, Buffer.alloc(i === 7 ? 100_000 : 100));
  });
  const stat = items.stat();
  expect(stat).toMatchObject({ pageSize: 4096, entries: 1000 });
  expect(stat.depth).toBeGreaterThan(1);
  expect(stat.branchPages).toBeGreaterThan(0);
  expect(stat.leafPages).toBeGreaterThan(20);
  expect(stat.overflowPages).toBe(Math.ceil((100_000 + 16) / 4096));
  // The unnamed database holds one record for each collection, and one for what leasehold remembers.
  expect(env.stat()).toMatchObject({ pageSize: 4096, entries: 2, depth: 1 });
  const after = env.info();
  expect(after.lastTransaction).toBe(before.lastTransaction + 1);
  expect(after.lastPage).toBeGreaterThan(before.lastPage);
  expect(after.fileSize).toBe(statSync(join(env.path, 'data.mdb')).size);
  expect(after.mapSize).toBe(2 ** 26);
  expect(Object.keys(after).sort()).toEqual(
    ['fileSize', 'lastPage', 'lastTransaction', 'mapSize', 'maxReaders', 'readers'].sort(),
  );
});

lendingTest('counters() begins at zero and counts leases, drains and snapshots', async () => {
  const { env, items } = collectionOf(strings);
  items.put('a', '1');
  const shared = { states: 0, bytes: 0, hits: 0, decodes: 0, copies: 0 };
  expect(env.counters()).toEqual({ bytesCopied: 0, rowsMoved: 0, leases: 0, drains: 0, snapshots: 0, shared });
  const txn = env.read();
  expect(env.counters().snapshots).toBe(1);
  const entries = items.range({}, txn).toArray();
  expect(env.counters().leases).toBe(1);
  txn.end();
  await txn.drained;
  expect(entries.map(({ key }) => key)).toEqual(['a']);
  expect(env.counters()).toEqual({ bytesCopied: 2, rowsMoved: 1, leases: 1, drains: 1, snapshots: 0, shared });
});

describe('snapshots', () => {
  test('are shared by transactions until a commit, and have the id of the last one', async () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    const [one, two] = [env.read(), env.read()];
    expect(env.counters().snapshots).toBe(1);
    expect(one.id).toBe(env.info().lastTransaction);
    items.put('a', '2');
    const three = env.read();
    expect(env.counters().snapshots).toBe(2);
    expect([one.id, two.id]).toEqual([three.id - 1, three.id - 1]);
    expect([one, two, three].map((txn) => items.get('a', txn))).toEqual(['1', '1', '2']);
    one.end();
    expect(env.counters().snapshots).toBe(2);
    two.end();
    three.end();
    await until(() => env.counters().snapshots === 0, 'the end of the snapshots');
  });

  test('of programs that never yield do not pile up', () => {
    const { env, items } = collectionOf({ key: utf8, value: bytes });
    const held = [];
    for (let i = 0; i < 200; i++) {
      items.put('a', Buffer.from(`value ${i}`));
      using txn = env.read();
      held.push(items.get('a', txn));
      expect(env.counters().snapshots).toBeLessThanOrEqual(6);
    }
    expect(held.map((value) => value?.toBuffer().toString())).toEqual(held.map((_, i) => `value ${i}`));
  });

  lendingTest('that have been drained make room without anybody asking', async () => {
    const { env, items } = collectionOf({ key: utf8, value: bytes });
    items.put('a', Buffer.from('x'));
    const txn = env.read();
    const value = items.get('a', txn);
    txn.end();
    items.put('a', Buffer.from('y'));
    await until(() => env.counters().snapshots === 0, 'a drain that nobody waits for');
    expect([value?.state, txn.state]).toEqual([expectedState('copied'), 'ended']);
  });
});

describe('resize()', () => {
  test('makes room for more, and keeps what is there', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 20 });
    items.put(1, Buffer.from('kept'));
    expect(codeOf(() => items.put(2, Buffer.alloc(2 ** 20)))).toBe('MDB_MAP_FULL');
    env.resize(2 ** 23);
    expect(env.info().mapSize).toBe(2 ** 23);
    items.put(2, Buffer.alloc(2 ** 20, 7));
    env.read((txn) => {
      expect(items.get(1, txn)?.toBuffer().toString()).toBe('kept');
      expect(items.get(2, txn)?.equals(Buffer.alloc(2 ** 20, 7))).toBe(true);
    });
    env.resize(2 ** 24);
    expect(items.get(2)?.byteLength).toBe(2 ** 20);
  });

  test.each<[string, (fn: () => void) => void]>([
    ['a read transaction is open', (fn) => outer.env.read(() => fn())],
    ['a write transaction is open', (fn) => outer.env.write(() => fn())],
    ['a range is being iterated', (fn) => outer.items.range().forEach(fn)],
    ['a scan is on its way', (fn) => outer.items.scan({}, fn)],
  ])('is ERR_BUSY while %s', (_, inside) => {
    let code: string | undefined;
    inside(() => {
      code = codeOf(() => outer.env.resize(2 ** 26));
    });
    expect(code).toBe('ERR_BUSY');
    outer.env.resize(2 ** 25);
    expect(outer.items.get('a')).toBe('1');
  });

  const outer = collectionOf(strings, { mapSize: 2 ** 25 });
  outer.items.put('a', '1');

  lendingTest('finishes drains first, so that what is held stays right', () => {
    const { env, items } = collectionOf({ key: utf8, value: bytes }, { mapSize: 2 ** 24 });
    items.put('a', Buffer.from('right'));
    const held = env.read(() => items.get('a'));
    expect(held?.state).toBe(expectedState('shared'));
    env.resize(2 ** 30);
    expect(held?.state).toBe(expectedState('copied'));
    items.put('a', Buffer.from('wrong'));
    expect(held?.toBuffer().toString()).toBe('right');
    expect(env.read(() => items.get('a')?.toBuffer().toString())).toBe('wrong');
  });

  const growInChild = `
    const env = open(args.path, { durability: 'nosync', mapSize: 2 ** 26 });
    const items = env.collection('items');
    env.write(() => { for (let i = 10; i < 20; i++) items.put(i, Buffer.alloc(2 ** 20, i)); });
    tell(env.info().lastPage);`;

  test('with no argument adopts what another process made of it', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 21 });
    items.put(1, Buffer.alloc(100, 1));
    askChild(growInChild, { path: env.path });
    env.resize();
    expect(env.info().mapSize).toBeGreaterThan(10 * 2 ** 20);
    expect(items.get(19)?.equals(Buffer.alloc(2 ** 20, 19))).toBe(true);
  });

  test('is done by env.read() itself where another process made the file larger', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 21 });
    items.put(1, Buffer.alloc(100, 1));
    const held = env.read(() => items.get(1));
    askChild(growInChild, { path: env.path });
    expect(env.read(() => items.get(15)?.equals(Buffer.alloc(2 ** 20, 15)))).toBe(true);
    expect(held?.equals(Buffer.alloc(100, 1))).toBe(true);
    items.put(2, Buffer.alloc(2 ** 19, 2));
    expect(items.count()).toBe(12);
  });

  test('is done by env.write() where another process made the file larger', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 21 });
    items.put(1, Buffer.alloc(100, 1));
    const held = env.read(() => items.get(1));
    askChild(growInChild, { path: env.path });
    items.put(2, Buffer.alloc(2 ** 19, 2));
    expect(items.count()).toBe(12);
    expect(held?.equals(Buffer.alloc(100, 1))).toBe(true);
  });

  test('while a snapshot is open, env.read() says what to do', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes }, { mapSize: 2 ** 21 });
    items.put(1, Buffer.alloc(100, 1));
    const txn = env.read();
    const held = items.get(1, txn);
    askChild(growInChild, { path: env.path });
    expect(codeOf(() => env.read())).toBe('MDB_MAP_RESIZED');
    expect(held?.equals(Buffer.alloc(100, 1))).toBe(true);
    txn.end();
    expect(env.read(() => items.count())).toBe(11);
    expect(held?.equals(Buffer.alloc(100, 1))).toBe(true);
  });
});

test('sync() can be called at any time', () => {
  const env = openTemporary();
  env.sync();
  using _txn = env.read();
  env.sync();
  env.write(() => env.sync());
});
