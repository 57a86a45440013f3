import { beforeAll, describe, expect } from 'vitest';
import { bytes, uint32, type Value } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { collect, collectionOf, temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

/**
 * In a process of its own, whose memory is not that of other tests; with a small heap for young objects, so that how
 * often V8 collects depends on what is allocated and not on the machine.
 */
const program = `
const env = open(args.path, { durability: 'nosync' });
const items = env.collection('items', { key: uint32, value: bytes });
const value = Buffer.alloc(100, 1);
for (let n = 0; n < args.entries; n += 100_000) {
  env.write(() => { for (let i = n; i < n + 100_000; i++) items.append(i, value); });
}
const measure = (fn) => {
  const before = process.memoryUsage.rss();
  const leases = env.counters().leases;
  const most = fn(before);
  return { most: Math.round(most / 2 ** 20), leases: env.counters().leases - leases };
};
const goThrough = (step) => (before) => {
  let most = 0;
  let count = 0;
  step(() => { if (++count % 50_000 === 0) most = Math.max(most, process.memoryUsage.rss() - before); });
  if (count !== args.entries) throw new Error('went through ' + count);
  return most;
};
// The file itself comes into memory with the first pass, and counts as resident.
items.scan({}, ({ value }) => { value.byteAt(0); });
const txn = env.read();
const invalidated = env.read({ onEnd: 'invalidate' });
const passes = {
  range: (tick) => { for (const { key, value } of items.range({}, txn)) if (key + value.byteAt(99) >= 0) tick(); },
  scan: (tick) => { items.scan({}, ({ key, value }) => { if (key + value.byteAt(99) >= 0) tick(); }, txn); },
  get: (tick) => { for (let i = 0; i < args.entries; i++) if (items.get(i, txn).byteAt(99) >= 0) tick(); },
  'short ranges': (tick) => {
    for (let i = 0; i < args.entries; i += 4) {
      for (const { key } of items.range({ gte: i, limit: 1 }, txn)) if (key === i) for (let k = 0; k < 4; k++) tick();
    }
  },
  getBuffer: (tick) => {
    for (let i = 0; i < args.entries; i += 4) {
      if (items.getBuffer(i, invalidated).length === 100) for (let k = 0; k < 4; k++) tick();
    }
  },
};
const results = Object.fromEntries(Object.entries(passes).map(([name, pass]) => [name, measure(goThrough(pass))]));
const { bytesCopied } = env.counters();
txn.end();
invalidated.end();
tell({ results, bytesCopied });
`;

interface Pass {
  /** By how many MiB the resident memory was larger than at the start, at most. */
  most: number;
  leases: number;
}

describe('two million entries gone through in one synchronous job', () => {
  const options = { execArgv: ['--max-semi-space-size=4'] };
  let told: { results: Record<string, Pass>; bytesCopied: number };
  beforeAll(() => {
    told = askChild(program, { path: temporaryFolder(), entries: 2_000_000 }, options) as typeof told;
  });

  // Without sweeping, the half million leases of the short ranges would hold 80 MiB of nodes and weak references, for good if
  // the transaction lives on. In the other passes, the tables of all batches would hold 32 MiB.
  test.each(['range', 'scan', 'get', 'short ranges', 'getBuffer'])('by %s hold a bounded number of leases', (name) => {
    expect(told.results[name]?.most).toBeLessThan(32);
  });

  test('take a lease for each 3.25 KiB by range, one by scan, and copy nothing', () => {
    expect(told.results['range']?.leases).toBeGreaterThan(20_000);
    expect(told.results['range']?.leases).toBeLessThan((1.05 * 2_000_000 * 104) / 3328);
    expect(told.results['scan']?.leases).toBe(1);
    expect(told.bytesCopied).toBe(0);
  });
});

test('what a program holds of a long scan stays right, while the rest is swept', async () => {
  const { env, items } = collectionOf({ key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < 200_000; i++) items.append(i, Buffer.from(`value ${i}`));
  });
  const held = new Map<number, Value>();
  const txn = env.read();
  for (const { key, value } of items.range({}, txn)) if (key % 997 === 0) held.set(key, value);
  txn.end();
  await collect();
  await txn.drained;
  env.write(() => items.clear());
  for (let n = 0; n < 300; n++) env.write(() => items.put(n, Buffer.alloc(2000, 'other')));
  for (const [key, value] of held) expect(value.toBuffer().toString()).toBe(`value ${key}`);
  // A lease is at most 3.25 KiB of entries. No more than that is moved for each held value, and for the few dropped ones that
  // the collector may not have seen.
  expect(env.counters().bytesCopied).toBeLessThanOrEqual((held.size + 10) * 8192);
  expect(env.counters().snapshots).toBe(0);
});
