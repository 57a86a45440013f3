import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { bytes, type Collection, type Environment, Key, KeyMap, tuple, type Value } from '../../lib/index.ts';
import { LeaseSource } from '../../lib/lease/sources/lease-source.ts';
import { codeOf, collect, collectionOf, until } from '../support/fixture.ts';
import { expectedState, lendingTest, lends } from '../support/lending.ts';

type Items = Collection<readonly [string, number], Uint8Array, Key, Value>;

const ENTRIES = 3000;
const nameOf = (i: number): [string, number] => ['name', i];

function filled(options = {}): { env: Environment; items: Items } {
  const { env, items } = collectionOf({ key: tuple, value: bytes }, options);
  env.write(() => {
    for (let i = 0; i < ENTRIES; i++) items.put(nameOf(i), Buffer.alloc(40, i));
  });
  return { env, items: items as unknown as Items };
}

/** Commits that use the pages of older versions again. */
function recycle(env: Environment, items: Items): void {
  for (let round = 0; round < 4; round++) {
    env.write(() => {
      for (let i = 0; i < ENTRIES; i++) items.put(nameOf(i), Buffer.alloc(60, 0xee));
    });
    env.write(() => {
      for (let i = 0; i < ENTRIES; i++) items.del(nameOf(i));
    });
  }
}

/** Everything that is wrong with a map of all the names. */
function faults(map: KeyMap<Key, number>): string[] {
  const wrong: string[] = [];
  if (map.size !== ENTRIES) wrong.push(`size ${map.size}`);
  for (let i = 0; i < ENTRIES; i++) if (map.get(Key.of(...nameOf(i))) !== i) wrong.push(`get ${i}`);
  if (map.has(Key.of('name', ENTRIES))) wrong.push('has what is not there');
  let next = 0;
  for (const [key, value] of map) {
    if (value !== next || key.at(1) !== next) wrong.push(`entry ${next}: ${inspect(key)} ${value}`);
    next++;
  }
  return wrong;
}

test('filled from a range it copies nothing, and is right before, while and after the source drains', async () => {
  const { env, items } = filled();
  const txn = env.read();
  const map = new KeyMap<Key, number>();
  for (const { key } of items.range({}, txn)) map.set(key, key.at(1) as number);
  expect(faults(map)).toEqual([]);
  expect(env.counters().bytesCopied).toBe(0);
  expect([...map.keys()].every((key) => key.state === expectedState('shared'))).toBe(true);
  txn.end();
  recycle(env, items);
  expect(faults(map)).toEqual([]);
  if (lends) expect(env.counters().bytesCopied).toBe(0);
  await txn.drained;
  recycle(env, items);
  await collect();
  expect(faults(map)).toEqual([]);
  expect([...map.keys()].every((key) => key.state === expectedState('copied'))).toBe(true);
  for (let i = 0; i < ENTRIES; i += 2) expect(map.delete(Key.of(...nameOf(i)))).toBe(true);
  expect([...map.values()]).toEqual(Array.from({ length: ENTRIES / 2 }, (_, i) => 2 * i + 1));
});

test('keys of the same bytes from several transactions and points in time are one', async () => {
  const { env, items } = filled();
  const map = new KeyMap<Key, string>();
  for (let round = 0; round < 4; round++) {
    const txn = env.read();
    for (const key of items.range({ limit: 1000 }, txn).keys()) map.set(key, `round ${round}`);
    txn.end();
    if (round === 1) await txn.drained;
    env.write(() => items.put(nameOf(round), Buffer.alloc(40, 7)));
  }
  expect(map.size).toBe(1000);
  expect(new Set(map.values())).toEqual(new Set(['round 3']));
});

test('what scan shows is copied, as are parts of keys, values and the reads of a write transaction', async () => {
  const { env, items } = filled();
  const map = new KeyMap<Key, number>();
  items.scan({}, (entry) => {
    map.set(entry.key, entry.key.at(1) as number);
  });
  expect(faults(map)).toEqual([]);
  const written = new KeyMap<Key, number>();
  env.write((txn) => {
    for (const key of items.range({}, txn).keys()) written.set(key, key.at(1) as number);
  });
  const parts = new KeyMap<Key | Value, number>();
  const values = new KeyMap<Key | Value, number>();
  const txn = env.read();
  for (const { key, value } of items.range({}, txn)) {
    parts.set(key.slice(1), key.at(1) as number);
    values.set(value, key.at(1) as number);
  }
  txn.end();
  recycle(env, items);
  await txn.drained;
  expect(faults(map)).toEqual([]);
  expect(faults(written)).toEqual([]);
  expect(parts.get(Key.of(17))).toBe(17);
  expect([values.size, values.get(Buffer.alloc(40, 3))]).toEqual([256, 2819]);
});

lendingTest('keys that have expired are found no more, count in size, and iteration says so', () => {
  const { env, items } = filled();
  const map = new KeyMap<Key, number>();
  const txn = env.read({ onEnd: 'invalidate' });
  const first = [...items.range({ limit: 100 }, txn).keys()];
  first.forEach((key, i) => {
    map.set(key, i);
  });
  map.set(Key.of('own'), 100);
  const iterator = map.keys();
  txn.end();
  expect(codeOf(() => map.get(first[0] as Key))).toBe('ERR_LEASE_EXPIRED');
  expect(codeOf(() => map.set(first[0] as Key, 1))).toBe('ERR_LEASE_EXPIRED');
  expect(map.get(Key.of(...nameOf(0)))).toBe(undefined);
  expect([map.size, map.has(Key.of('own')), map.delete(Key.of(...nameOf(1)))]).toEqual([101, true, false]);
  expect(codeOf(() => [...map])).toBe('ERR_LEASE_EXPIRED');
  expect(codeOf(() => map.forEach(() => {}))).toBe('ERR_LEASE_EXPIRED');
  expect([...map.values()]).toEqual(Array.from({ length: 101 }, (_, i) => i));
  expect(inspect(map)).toContain('Key <expired> => 0');
  for (let i = 0; i < 100; i++) expect(codeOf(() => iterator.next())).toBe('ERR_LEASE_EXPIRED');
  expect(iterator.next().value?.at(0)).toBe('own');

  map.set(Key.of(...nameOf(0)), 7);
  expect([map.get(Key.of(...nameOf(0))), map.size]).toEqual([7, 102]);
  map.clear();
  expect(map.size).toBe(0);
});

lendingTest('a key that is put in again under another transaction is found when the first has expired', () => {
  const { env, items } = filled();
  const map = new KeyMap<Key, number>();
  const invalidated = env.read({ onEnd: 'invalidate' });
  const txn = env.read();
  const keys = (which: typeof txn) => items.range({ limit: 10 }, which).keys();
  for (const key of keys(txn)) map.set(key, 1);
  for (const key of keys(invalidated)) map.set(key, 2);
  invalidated.end();
  expect([map.size, ...map.values()]).toEqual([10, ...new Array(10).fill(2)]);
  txn.end();
});

test('of a LeaseSource: keys move with its steps, or expire', () => {
  for (const onEnd of ['copy', 'invalidate'] as const) {
    const memory = new ArrayBuffer(64 * 1024);
    const content = Buffer.from(memory);
    for (let i = 0; i < 4096; i++) content.write(`slice of ${String(i).padStart(5, '0')}`, i * 16);
    const source = new LeaseSource(memory, { onEnd });
    const map = new KeyMap<Key | Value, number>();
    for (let i = 0; i < 4096; i++) map.set(Key.from(source, i * 16, 14), i);
    expect(map.get(Buffer.from('slice of 01234'))).toBe(1234);
    source.revoke(new ArrayBuffer(64 * 1024));
    expect(map.size).toBe(4096);
    expect(map.get(Buffer.from('slice of 01234'))).toBe(onEnd === 'copy' ? 1234 : undefined);
    if (onEnd === 'copy') {
      expect([...map.keys()].map((key) => key.toBuffer().toString())).toEqual(
        Array.from({ length: 4096 }, (_, i) => `slice of ${String(i).padStart(5, '0')}`),
      );
    } else {
      expect(codeOf(() => map.keys().next())).toBe('ERR_LEASE_EXPIRED');
    }
    source.end();
  }
});

lendingTest('leases of which every entry has been deleted are let go', async () => {
  const { env, items } = filled();
  const txn = env.read();
  // The entries are made in a callback, so that the frame of this function holds no lease.
  const map = new KeyMap(items.range({}, txn).map(({ key }) => [key, 0] as const));
  await collect();
  const before = txn.leases.live;
  expect(before).toBeGreaterThan(5);
  const from = ENTRIES / 2;
  for (let i = from; i < ENTRIES; i++) map.delete(Key.of(...nameOf(i)));
  await until(() => txn.leases.live <= before / 2 + 2, 'half of the leases let go');
  for (let i = 1; i < from; i++) map.delete(Key.of(...nameOf(i)));
  await until(() => txn.leases.live <= 1, 'all leases but one let go');
  expect([...map.keys()].map((key) => key.at(1))).toEqual([0]);
  map.clear();
  await until(() => txn.leases.live === 0, 'the last lease let go');
  txn.end();
});
