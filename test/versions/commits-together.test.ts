import { expect, test } from 'vitest';
import { bytes, uint32 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

const ROUNDS = 20;

/**
 * How many of some rounds needed one commit. In each, `add` is called three times, and what it gives is awaited. Between the calls so many
 * numbers are added up that the thread of batches could begin with the first one.
 */
async function roundsOfOneCommit(add: (key: number, sum: number) => Promise<unknown>, count: () => number) {
  let rounds = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = count();
    const added: Promise<unknown>[] = [];
    for (let key = 0; key < 3; key++) {
      let sum = 0;
      for (let i = 0; i < 200_000; i++) sum += i % 7;
      added.push(add(key, sum));
    }
    await Promise.all(added);
    if (count() === before + 1) rounds++;
  }
  return rounds;
}

// The thread of batches waits no longer than 2 ms. So a round may need more commits where the machine is busy.
test.each(['batch', 'transact'] as const)(
  "durability 'sync': what is added by env.%s in one turn has one commit",
  async (kind) => {
    const env = openTemporary({ durability: 'sync' });
    const items = env.collection('items', { key: uint32, value: bytes, versions: true });
    const value = new Uint8Array(10);
    const add = {
      batch: (key: number) => env.batch([{ type: 'put', collection: items, key, value }]),
      transact: (key: number) => env.transact(() => items.put(key, value)),
    };
    const rounds = await roundsOfOneCommit(add[kind], () => env.info().lastTransaction);
    expect(rounds).toBeGreaterThanOrEqual(ROUNDS / 4);
    expect(items.count()).toBe(3);
  },
);

test('a write transaction waits for the batches that were added before it in the same turn', async () => {
  const env = openTemporary({ durability: 'sync' });
  const items = env.collection('items', { key: uint32, value: bytes });
  for (let key = 0; key < 50; key++) {
    const added = env.batch([{ type: 'put', collection: items, key, value: new Uint8Array(key) }]);
    expect(env.write(() => items.get(key)?.byteLength)).toBe(key);
    await added;
  }
});
