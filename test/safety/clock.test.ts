import { mock } from 'node:test';
import { afterEach, expect, vi } from 'vitest';
import { bytes, type Environment, type ReadTransaction, uint32 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';

// Test libraries replace timers and clocks, and move them by hand or never. The library must still move what ended
// transactions have lent.

const realTimeout = setTimeout;

afterEach(() => {
  mock.timers.reset();
  vi.useRealTimers();
});

/** An ended transaction on an older snapshot. The program still holds a value of it. */
function endedTransaction(): { env: Environment; txn: ReadTransaction; held: unknown } {
  const { env, items } = collectionOf({ key: uint32, value: bytes });
  items.put(1, Buffer.alloc(100, 1));
  const txn = env.read();
  const held = items.get(1, txn);
  items.put(2, Buffer.alloc(10));
  txn.end();
  return { env, txn, held };
}

/** Waits with the real timers while `holds` returns true. */
async function whileReal(holds: () => boolean): Promise<void> {
  while (holds()) await new Promise((resolve) => realTimeout(resolve, 1));
}

const replacements: Record<string, () => void> = {
  'node:test': () => mock.timers.enable({ apis: ['setTimeout', 'setImmediate', 'setInterval'] }),
  'vitest (sinon)': () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'setInterval', 'performance', 'hrtime', 'Date'] });
  },
};

test.each(Object.entries(replacements))(
  'with the timers of %s, a drain that somebody waits for ends',
  async (_, replace) => {
    replace();
    const { txn } = endedTransaction();
    await txn.drained;
    expect(txn.state).toBe('ended');
  },
);

test.each(Object.entries(replacements))(
  'with the timers of %s, one that nobody waits for does as well',
  async (_, replace) => {
    replace();
    const { env, txn } = endedTransaction();
    await whileReal(() => txn.state === 'draining');
    expect([txn.state, env.counters().snapshots]).toEqual(['ended', 0]);
  },
);

test.each(Object.entries(replacements))('with the timers of %s, `for await` takes its turns', async (_, replace) => {
  const { env, items } = collectionOf({ key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < 20_000; i++) items.put(i, Buffer.alloc(10));
  });
  replace();
  let count = 0;
  for await (const _ of items.range({})) count++;
  expect(count).toBe(20_000);
});

test('transactions that ended under replaced timers drain once they are real again, and so do later ones', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  const during = endedTransaction();
  mock.timers.reset();
  const after = endedTransaction();
  await Promise.all([during.txn.drained, after.txn.drained]);
  expect([during.txn.state, after.txn.state]).toEqual(['ended', 'ended']);
});
