import { expect, test, vi } from 'vitest';
import type { Line } from '../../lib/postgres/connection/line.ts';
import { Notices } from '../../lib/postgres/notices.ts';
import { statementsOf } from '../../lib/postgres/sql/statements.ts';

const clock = vi.hoisted(() => ({ time: 1000 }));
vi.mock('../../lib/base/clock.ts', async (original) => ({
  ...(await original<object>()),
  now: () => clock.time,
}));

function counted(): { notices: Notices; given: () => number } {
  let count = 0;
  const line = {
    ask: async () => {
      count++;
      return [];
    },
  } as unknown as Line;
  return {
    notices: new Notices({ line, statements: statementsOf('"s"'), channel: 'channel', id: 'me' }),
    given: () => count,
  };
}

test('the first commit gives notice at once, those that follow together a moment later', async () => {
  const { notices, given } = counted();
  for (let tid = 1; tid <= 10; tid++) notices.give(tid);
  expect(given()).toBe(1);
  await expect.poll(given).toBe(2);
  await notices.flush();
  expect(given()).toBe(2);
});

test('who closes gives the notice that waits', async () => {
  const { notices, given } = counted();
  notices.give(1);
  notices.give(2);
  await notices.flush();
  expect(given()).toBe(2);
});

test('a notice that another process has given after a commit speaks for it', async () => {
  const { notices, given } = counted();
  notices.give(1);
  notices.give(2);
  notices.heard(2);
  await notices.flush();
  expect(given()).toBe(1);
});

test('one that was given before it does not, however late it is heard', async () => {
  const { notices, given } = counted();
  notices.give(5);
  notices.give(6);
  clock.time += 4;
  notices.heard(5);
  await expect.poll(given).toBe(2);
});

test('nor does one that does not say which commit was the newest', async () => {
  const { notices, given } = counted();
  notices.heard(Number.NaN);
  notices.give(1);
  notices.heard(Number.NaN);
  expect(given()).toBe(0);
  await expect.poll(given).toBe(1);
});
