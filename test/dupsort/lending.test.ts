import { expect } from 'vitest';
import { bytes, type Environment, Key, tuple, uint32, type Value } from '../../lib/index.ts';
import { collect, openTemporary } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

/** Keys with one value, with some inside a node, and with many on pages of their own; every value is its key and number. */
const COUNTS = [1, 5, 1, 30, 1, 3000, 2];

function makeWorld() {
  const env = openTemporary({ mapSize: 2 ** 28 });
  const items = env.collection('items', { key: uint32, value: bytes, dupSort: true });
  write(env, items, 0);
  return { env, items };
}
type World = ReturnType<typeof makeWorld>;

function stampedValue(key: number, i: number, stamp: number): Buffer {
  const value = Buffer.alloc(40, stamp);
  value.writeUInt32BE(i, 4);
  value.writeUInt32BE(key);
  return value;
}

function write(env: Environment, items: World['items'], stamp: number): void {
  env.write(() => {
    items.clear();
    for (const [key, count] of COUNTS.entries()) {
      for (let i = 0; i < count; i++) items.put(key, stampedValue(key, i, stamp));
    }
  });
}

/** Writes so often that LMDB has used every page of an earlier version again. */
function rewrite({ env, items }: World): void {
  for (let stamp = 1; stamp < 40; stamp++) {
    write(env, items, stamp);
    using txn = env.read();
    items.get(0, txn);
  }
}

const all = COUNTS.flatMap((count, key) => Array.from({ length: count }, (_, i) => stampedValue(key, i, 0)));

test('a range over pairs copies nothing, and takes one lease for many', () => {
  const { env, items } = makeWorld();
  using txn = env.read();
  let seen = 0;
  for (const { key, value } of items.range({}, txn)) {
    expect([value.state, value.byteAt(3), key]).toEqual(['shared', key, key]);
    seen++;
  }
  for (const value of items.getAll(5, txn)) expect(value.state).toBe('shared');
  expect(seen).toBe(all.length);
  items.scan({}, () => void seen--, txn);
  expect(seen).toBe(0);
  const { bytesCopied, rowsMoved, leases } = env.counters();
  expect([bytesCopied, rowsMoved]).toEqual([0, 0]);
  expect(leases).toBeLessThan(100);
});

test('values that are kept stay what they were when later commits have used their pages again', async () => {
  const world = makeWorld();
  const { env, items } = world;
  const held: Value[] = [];
  const txn = env.read();
  for (const value of items.range({}, txn).values()) held.push(value);
  for (const [key, count] of COUNTS.entries()) {
    const values = items.getAll(key, txn).toArray();
    expect(values).toHaveLength(count);
    held.push(...values.slice(0, 10));
  }
  const backwards = items.range({ reverse: true }, txn).values().toArray();
  const buffers = backwards.slice(0, 100).map((value) => value.asBuffer());
  const wanted = held.map((value) => value.toBuffer());
  expect(wanted.slice(0, all.length)).toEqual(all);
  const hashes = held.map((value) => value.hash());
  txn.end();
  rewrite(world);
  await txn.drained;
  rewrite(world);
  await collect();
  expect(held.map((value) => value.toBuffer())).toEqual(wanted);
  expect(held.map((value) => value.hash())).toEqual(hashes);
  expect(held.every(({ state }) => state === 'copied')).toBe(true);
  expect(backwards.map((value) => value.toBuffer())).toEqual([...all].reverse());
  expect(buffers).toEqual([...all].reverse().slice(0, 100));
});

test("values of a transaction under 'invalidate' expire", () => {
  const { env, items } = makeWorld();
  const txn = env.read({ onEnd: 'invalidate' });
  const values = items.getAll(5, txn).toArray();
  txn.end();
  expect(new Set(values.map(({ state }) => state))).toEqual(new Set(['expired']));
  expect(() => values[0]?.byteAt(0)).toThrow(expect.objectContaining({ code: 'ERR_LEASE_EXPIRED' }));
});

test('a tuple that is a value is a Key like any other', async () => {
  const env = openTemporary();
  const index = env.collection('index', { key: uint32, value: tuple, dupSort: true });
  env.write(() => {
    for (let i = 0; i < 500; i++) index.put(i % 3, ['FR', `city ${i}`, i]);
  });
  const txn = env.read();
  const held = index.getAll(1, txn).toArray();
  const kept: Key[] = [];
  index.scan({ gte: 2 }, ({ value }) => void kept.push(value.keep()), txn);
  expect(held[0]).toBeInstanceOf(Key);
  expect(held[0]?.startsWith(['FR'])).toBe(true);
  expect(held[0]?.equals(Key.of('FR', 'city 1', 1))).toBe(true);
  const wanted = held.map((value) => value.toArray());
  expect(env.counters().bytesCopied).toBeGreaterThan(0);
  txn.end();
  for (let i = 0; i < 20; i++) {
    env.write(() => {
      index.clear();
      for (let k = 0; k < 500; k++) index.put(k % 3, ['XX', `town ${k}`, i]);
    });
  }
  await txn.drained;
  expect(held.map((value) => value.toArray())).toEqual(wanted);
  expect(kept.map((value) => value.at(1)).sort()).toEqual(
    Array.from({ length: 500 }, (_, i) => `city ${i}`)
      .filter((_, i) => i % 3 === 2)
      .sort(),
  );
});
