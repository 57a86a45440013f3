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
  for (let i = 0; i < 10; i++) notices.give();
  expect(given()).toBe(1);
  await expect.poll(given).toBe(2);
  await notices.flush();
  expect(given()).toBe(2);
});

test('who closes gives the notice that waits', async () => {
  const { notices, given } = counted();
  notices.give();
  notices.give();
  await notices.flush();
  expect(given()).toBe(2);
});

test('a notice of another process a moment after a commit speaks for it', async () => {
  const { notices, given } = counted();
  notices.give();
  notices.give();
  clock.time += 2;
  notices.heard();
  await notices.flush();
  expect(given()).toBe(1);
});

test('one that comes with the commit may have been given before it, and does not', async () => {
  const { notices, given } = counted();
  notices.heard();
  notices.give();
  notices.heard();
  expect(given()).toBe(0);
  await expect.poll(given).toBe(1);
});
