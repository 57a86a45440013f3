import { expect, test, vi } from 'vitest';

const clock = vi.hoisted(() => ({ now: 0 }));
vi.mock('../../lib/base/clock.ts', async (original) => ({ ...(await original<object>()), now: () => clock.now }));

const { LimitedLog } = await import('../../lib/cli/serving/limited-log.ts');

test('of many lines in a short time the log has the first ones, and how many were left out', () => {
  const lines: string[] = [];
  const log = new LimitedLog((line) => void lines.push(line));
  for (let i = 0; i < 1000; i++) log.line(`refused ${i}`);
  expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `refused ${i}`));
  clock.now += 10_000;
  log.line('later');
  expect(lines.slice(20)).toEqual(['980 more such lines were left out', 'later']);
  log.end();
  expect(lines).toHaveLength(22);
});
