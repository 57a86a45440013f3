import { describe, expect, test } from 'vitest';
import { bytes, open, uint32, type Value } from '../../lib/index.ts';
import { codeOf, temporaryFolder } from './fixture.ts';
import { lendingTest } from './lending.ts';

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

  test.each([-1, 1.5, Number.NaN, '1', null])('refuses %s', (maxHeldBytes) => {
    expect(() => open(temporaryFolder(), { maxHeldBytes: maxHeldBytes as number })).toThrow(
      expect.objectContaining({ code: typeof maxHeldBytes === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE' }),
    );
  });
});
