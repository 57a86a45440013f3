import { describe, expect, test } from 'vitest';
import { bytes, exportRecords, json, uint32 } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';

function world() {
  const made = collectionOf({ key: uint32, value: bytes });
  made.env.write(() => {
    for (let i = 0; i < 100; i++) made.items.append(i, Buffer.from(`value ${i}`));
  });
  return made;
}

describe('keys() and values() of a range', () => {
  test('take the first, as the range does, whatever its own limit and direction', () => {
    const { items } = world();
    const last = items.range({ reverse: true, limit: 5 });
    for (const count of [0, 1, 4, 5, 6, 2 ** 53 - 1]) {
      const expected = [99, 98, 97, 96, 95].slice(0, count);
      expect(last.keys().take(count).toArray()).toEqual(expected);
      expect(last.keys().take(count).count()).toBe(expected.length);
      expect(last.values().take(count).map(String).toArray()).toEqual(expected.map((i) => `value ${i}`));
    }
    expect(last.keys().take(3).take(9).take(2).toArray()).toEqual([99, 98]);
    for (const wrong of [undefined, '1']) {
      expect(codeOf(() => last.keys().take(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(codeOf(() => last.values().take(-1))).toBe('ERR_OUT_OF_RANGE');
  });

  lendingTest('lend no more rows than are taken', () => {
    const { env, items } = world();
    const covered = (read: (range: ReturnType<typeof items.range>) => unknown[]): number => {
      using txn = env.read();
      const held = read(items.range({}, txn));
      expect([held.length, txn.leases.live]).toEqual([2, 1]);
      return txn.leases.bytes;
    };
    const expected = covered((range) => range.take(2).values().toArray());
    expect(covered((range) => range.values().take(2).toArray())).toBe(expected);
    const all = covered((range) => {
      const values = range.values()[Symbol.iterator]();
      return [values.next().value, values.next().value];
    });
    expect(all).toBeGreaterThan(expected);
  });

  test('count without a view of anything', () => {
    const { env, items } = world();
    const texts = items.as({ value: json });
    expect(codeOf(() => texts.range().values().toArray())).toBe('ERR_CODEC');
    expect([texts.range().values().count(), texts.range({ lt: 9 }).values().take(7).count()]).toEqual([100, 7]);
    using txn = env.read();
    const keys = items.range({}, txn).keys();
    items.clear();
    expect([keys.count(), items.range().keys().count()]).toEqual([100, 0]);
    txn.end();
    expect(codeOf(() => keys.count())).toBe('ERR_TXN_ENDED');
  });

  test('are no entries, taken or not', async () => {
    const { items } = world();
    await expect(exportRecords(items.range().keys().take(2) as never, '/nowhere/out.ndjson')).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });
});
