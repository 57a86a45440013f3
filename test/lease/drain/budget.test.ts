import { describe, expect, test } from 'vitest';
import { bytes, open, uint32, type Value } from '../../../lib/index.ts';
import { askChild } from '../../support/child.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';
import { lendingTest } from '../../support/lending.ts';

const ENTRIES = 20_000;

function filled(maxHeldBytes?: number) {
  const env = open(temporaryFolder(), {
    durability: 'nosync',
    ...(maxHeldBytes === undefined ? {} : { maxHeldBytes }),
  });
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < ENTRIES; i++) items.append(i, Buffer.alloc(100, i));
  });
  return { env, items };
}

describe('maxHeldBytes', () => {
  test('does not stand in the way of a scan of any length of which nothing is kept', () => {
    const { env, items } = filled(100_000);
    using txn = env.read();
    let sum = 0;
    for (const { key, value } of items.range({}, txn)) sum += key - key + value.byteLength;
    for (let i = 0; i < ENTRIES; i++) sum += items.get(i, txn)?.byteLength ?? 0;
    expect(sum).toBe(2 * ENTRIES * 100);
    env.close();
  });

  lendingTest.each<[string, (env: ReturnType<typeof filled>, kept: unknown[]) => void]>([
    [
      'range',
      ({ items }, kept) => {
        for (const { value } of items.range()) kept.push(value);
      },
    ],
    [
      'get',
      ({ items }, kept) => {
        for (let i = 0; i < ENTRIES; i++) kept.push(items.get(i));
      },
    ],
    ['getMany', ({ items }, kept) => void kept.push(items.getMany(Array.from({ length: ENTRIES }, (_, i) => i)))],
  ])('is ERR_LEASE_BUDGET at the %s that would exceed it, and nothing is lost', (_, read) => {
    const made = filled(100_000);
    const kept: unknown[] = [];
    made.env.read(() => {
      expect(codeOf(() => read(made, kept))).toBe('ERR_LEASE_BUDGET');
      expect(made.items.count()).toBe(ENTRIES);
    });
    for (const [i, value] of (kept as Value[]).entries()) expect(value.byteAt(99)).toBe(i & 255);
    made.env.close();
  });

  lendingTest('counts what one handle holds, and lets go what is dropped', async () => {
    const { env, items } = filled(200_000);
    const txn = env.read();
    let kept = items.range({ limit: 1000 }, txn).toArray();
    expect(txn.leases.live).toBeGreaterThan(10);
    expect(txn.leases.bytes).toBeGreaterThanOrEqual(1000 * 104);
    expect(txn.leases.bytes).toBeLessThan(200_000);
    kept = kept.slice(0, 1);
    expect(items.range({ limit: 1500 }, txn).toArray()).toHaveLength(1500);
    txn.end();
    await txn.drained;
    expect(txn.leases).toEqual({ live: 0, bytes: 0 });
    expect(kept[0]?.value.byteAt(0)).toBe(0);
    env.close();
  });

  // The number of transactions makes each read exceed the budget twenty times over.
  const reads: [string, number, string][] = [
    ['range', 400, 'items.range({ gte: i, limit: 20 }, txn).toArray().map(({ value }) => value)'],
    ['get', 400, 'Array.from({ length: 20 }, (_, k) => items.get(i + k, txn))'],
    ['getMany', 400, 'items.getMany(Array.from({ length: 20 }, (_, k) => i + k), txn)'],
    ['getBuffer', 80, '[items.getBuffer(9000, txn)]'],
    ['asBuffer', 80, '[items.get(9001, txn).asBuffer()]'],
  ];

  /** What these transactions hold is moved at once, before a read fails. */
  lendingTest.each([
    ...reads.map(([name, count, read]) => [name, 'ended', count, 'txn.end();', read] as const),
    ...reads.map(([name, count, read]) => [name, 'forgotten', count, '', read] as const),
  ])(
    'does not count at a %s what transactions held that were %s in the same job',
    (_, what, transactions, end, read) => {
      const told = askChild(
        `process.removeAllListeners('warning');
      let warnings = 0;
      process.on('warning', ({ message }) => { warnings += Number.parseInt(message) || 1; });
      const env = open(args.path, { durability: 'nosync', maxHeldBytes: 200_000 });
      const items = env.collection('items', { key: uint32, value: bytes });
      const content = (i) => i >= 9000 ? Buffer.alloc(50_000, 'large;') : Buffer.alloc(500, 'k' + i + ';');
      env.write(() => { for (let i = 0; i < 9002; i++) items.append(i, content(i)); });
      const kept = [];
      for (let i = 0; i < 20 * args.transactions; i += 20) { const txn = env.read(); kept.push(...${read}); ${end} }
      const right = kept.every((value, i) => value.length === 50_000 ? content(9000).equals(value) : value.equals(content(i)));
      const { leases } = env.read();
      setTimeout(() => tell([right, kept.length >= args.transactions, leases, warnings > 0.8 * args.transactions]), 10);`,
        { path: temporaryFolder(), transactions },
      );
      expect(told).toEqual([true, true, { live: 0, bytes: 0 }, what === 'forgotten']);
    },
  );

  test.each([-1, 1.5, Number.NaN, '1', null])('refuses %s', (maxHeldBytes) => {
    expect(() => open(temporaryFolder(), { maxHeldBytes: maxHeldBytes as number })).toThrow(
      expect.objectContaining({ code: typeof maxHeldBytes === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE' }),
    );
  });
});
