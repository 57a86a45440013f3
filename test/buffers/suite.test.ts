import { expect, test } from 'vitest';
import { runSuite } from './suite.ts';

const folder = new URL('suite/', import.meta.url);

/** The same cases run in other runtimes by `npm run test:runtimes`, and with 256 MiB by `npm run test:large`. */
test.each([
  { group: 'smoke', least: 5, what: 'the library works' },
  { group: 'writes', least: 14, what: 'what is written to a leased Buffer stays in it' },
  { group: 'expired', least: 400, what: 'nothing can be read through an expired Buffer', lends: true },
  { group: 'carriers', least: 120, what: 'what carries the memory elsewhere carries nothing stale' },
  { group: 'work', least: 120, what: 'work under way ends well' },
  { group: 'zlib', least: 50, what: 'zlib fails in order when what it reads expires', lends: true },
])('$what ($group)', { timeout: 120_000 }, ({ group, least, lends = false }) => {
  const [passed, failed] = runSuite(folder, [group]);
  expect(failed).toEqual([]);
  if (lends && process.env.LEASEHOLD_MEMORY === 'copy') return;
  expect(passed).toBeGreaterThanOrEqual(least);
});
