import { describe, expect } from 'vitest';
import {
  bytes,
  type Collection,
  type Environment,
  open,
  type ReadTransaction,
  uint32,
  type Value,
} from '../../lib/index.ts';
import { codeOf, collect, temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { runs } from '../support/runs.ts';
import { random } from '../support/sinks.ts';

const ENTRIES = 20_000;
/** The most bytes that are moved for one kept value of 100 bytes, with the rows. */
const MOST_MOVED = 2 * 3328;

interface Made {
  readonly env: Environment;
  readonly items: Collection<number, Uint8Array, number, Value>;
}

/** The value of a key: its length differs from key to key. */
function content(key: number): Buffer {
  return Buffer.alloc(60 + ((key * 7919) % 80), `${key};`);
}

function make(options: { maxHeldBytes?: number; onEnd?: 'copy' | 'invalidate' } = {}): Made {
  const env = open(temporaryFolder(), { durability: 'nosync', ...options });
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < ENTRIES; i++) items.append(i, content(i));
  });
  return { env, items };
}

/** Commits several times, so that pages that no reader holds have other contents. */
function recycle({ env, items }: Made): void {
  for (let round = 0; round < 5; round++) {
    env.write(() => {
      for (let i = 0; i < ENTRIES; i += 20) items.put(i, Buffer.alloc(content(i).length, round));
    });
  }
}

function keepSome({ items }: Made, every: number, txn: ReadTransaction): Map<number, Value> {
  const kept = new Map<number, Value>();
  for (const { key, value } of items.range({}, txn)) if (key % every === 0) kept.set(key, value);
  return kept;
}

function expectRight(kept: Map<number, Value>): void {
  for (const [key, value] of kept) if (!value.equals(content(key))) expect(value.toBuffer()).toEqual(content(key));
}

describe('a group of leases', () => {
  test.each([100, 500, 3000])('moves no more than the leases that are held: one value of %i is kept', async (every) => {
    const made = make();
    const txn = made.env.read();
    const kept = keepSome(made, every, txn);
    txn.end();
    await collect();
    await txn.drained;
    recycle(made);
    expectRight(kept);
    expect([...kept.values()].every(({ state }) => state === 'copied')).toBe(true);
    expect(made.env.counters().bytesCopied).toBeLessThan(kept.size * MOST_MOVED);
    made.env.close();
  });

  test('is split by a collection in the middle of the range, and the range goes on', async () => {
    const made = make();
    const txn = made.env.read();
    const kept = new Map<number, Value>();
    let next = 0;
    for (const { key, value } of made.items.range({}, txn)) {
      expect(key).toBe(next++);
      if (key % 150 === 0) kept.set(key, value);
      if (key % 2000 === 77) await collect();
    }
    expect(next).toBe(ENTRIES);
    await collect();
    expect(txn.leases.live).toBeGreaterThanOrEqual(kept.size);
    await collect();
    expect(txn.leases.live).toBeLessThan(kept.size + 8);
    expect(txn.leases.bytes).toBeLessThan((kept.size + 8) * MOST_MOVED);
    txn.end();
    await txn.drained;
    recycle(made);
    expectRight(kept);
    made.env.close();
  });

  test('that nothing holds is collected as a whole', async () => {
    const made = make();
    const txn = made.env.read();
    let sum = 0;
    for (const { value } of made.items.range({}, txn)) sum += value.byteLength;
    expect(sum).toBeGreaterThan(ENTRIES);
    await collect();
    // The leases of the last batch: the loop may still refer to it.
    expect(txn.leases.live).toBeLessThan(20);
    txn.end();
    made.env.close();
  });

  test('does not stand in the way of maxHeldBytes', () => {
    const made = make({ maxHeldBytes: 300_000 });
    const txn = made.env.read();
    // Their leases are a third of that; their groups would be four times as much.
    const kept = keepSome(made, ENTRIES / 25, txn);
    expectRight(kept);
    const more: Value[] = [];
    expect(
      codeOf(() => {
        for (const { value } of made.items.range({}, txn)) more.push(value);
      }),
    ).toBe('ERR_LEASE_BUDGET');
    expect(more.length).toBeGreaterThan(1500);
    txn.end();
    made.env.close();
  });

  test('expires as a whole', () => {
    const { env, items } = make({ onEnd: 'invalidate' });
    const txn = env.read();
    const kept: Value[] = [];
    for (const { key, value } of items.range({ lt: 1000 }, txn)) if (key % 7 === 0) kept.push(value);
    const open = items.range({}, txn)[Symbol.iterator]();
    for (let i = 0; i < 300; i++) kept.push((open.next().value as { value: Value }).value);
    txn.end();
    expect(kept.map((value) => codeOf(() => value.byteAt(0)))).toEqual(kept.map(() => 'ERR_LEASE_EXPIRED'));
    expect(codeOf(() => open.next())).toBe('ERR_TXN_ENDED');
    env.close();
  });

  test('is moved when the environment closes in the middle of it', () => {
    const { env, items } = make();
    const txn = env.read();
    const kept = new Map<number, Value>();
    const entries = items.range({ gte: 5000 }, txn)[Symbol.iterator]();
    for (let i = 5000; i < 5300; i++) kept.set(i, (entries.next().value as { value: Value }).value);
    env.close();
    expectRight(kept);
    expect(codeOf(() => entries.next())).toBe('ERR_TXN_ENDED');
  });

  const seed = Number(process.env['FUZZ_SEED'] ?? 1);
  test(`gives what was read, whatever happens in between (seeds from ${seed})`, async () => {
    for (let i = 0; i < runs(3, 500); i++) await play(random(seed + i));
  });
});

/** Reads ranges in both directions, seeks, keeps, drops, collects, ends transactions and commits, in any order; and compares all that is kept. */
async function play(below: (limit: number) => number): Promise<void> {
  const made = make();
  const { env, items } = made;
  let txn = env.read();
  let current = new Map<number, Buffer>(Array.from({ length: ENTRIES }, (_, i) => [i, content(i)]));
  let seen = current;
  const kept: { key: number; value: Value; right: Buffer }[] = [];
  const all = () => items.range({}, txn)[Symbol.iterator]();
  let entries = all();
  for (let step = 0; step < 200; step++) {
    const what = below(20);
    if (what < 9) {
      for (let n = below(200); n > 0; n--) {
        const { done, value: entry } = entries.next();
        if (done) break;
        const { key, value } = entry as { key: number; value: Value };
        if (below(30) === 0) kept.push({ key, value, right: seen.get(key) as Buffer });
      }
    } else if (what < 11)
      entries = items
        .range(below(2) === 0 ? { gte: below(ENTRIES) } : { lt: below(ENTRIES), reverse: true }, txn)
        [Symbol.iterator]();
    else if (what < 13) entries.seek(below(ENTRIES));
    else if (what === 13) entries.return?.();
    else if (what === 14) kept.splice(below(kept.length + 1), below(10));
    else if (what === 15) await collect();
    else if (what === 16) {
      txn.end();
      if (below(2) === 0) await txn.drained;
      txn = env.read();
      seen = current;
      entries = all();
    } else {
      current = new Map(current);
      env.write(() => {
        for (let n = 0; n < 200; n++) {
          const key = below(ENTRIES);
          const value = Buffer.alloc(50 + below(100), `${step} ${key}`);
          items.put(key, value);
          current.set(key, value);
        }
      });
    }
  }
  for (const { key, value, right } of kept) if (!value.equals(right)) expect(value.toBuffer(), `${key}`).toEqual(right);
  txn.end();
  await txn.drained;
  recycle(made);
  for (const { key, value, right } of kept) if (!value.equals(right)) expect(value.toBuffer(), `${key}`).toEqual(right);
  env.close();
}
