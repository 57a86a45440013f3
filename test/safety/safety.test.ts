import { expect, test } from 'vitest';
import { runSuite } from '../buffers/suite.ts';

const folder = new URL('suite/', import.meta.url);

/** Each group runs in a separate process, since it patches built-ins. */
test.each([
  { group: 'patched', least: 4 },
  { group: 'forged', least: 15 },
  { group: 'stale', least: 5 },
  { group: 'between', least: 2 },
  { group: 'reachable', least: 1 },
  { group: 'stores', least: 4 },
  { group: 'network', least: 2 },
])('plain JavaScript gets at nothing that it was not lent ($group)', { timeout: 300_000 }, ({ group, least }) => {
  const [passed, failed] = runSuite(folder, [group]);
  expect(failed).toEqual([]);
  expect(passed).toBeGreaterThanOrEqual(least);
});
