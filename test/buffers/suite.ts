import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtLibrary } from '../support/child.ts';

interface Outcome {
  name: string;
  error: string | null;
}

/**
 * Runs groups of the plain JavaScript cases in `folder` in a process of their own, over the library as it is now; gives
 * how many went well, and what failed. A crash fails with what the process printed.
 */
export function runSuite(folder: URL, groups: readonly string[], flags: readonly string[] = []): [number, Outcome[]] {
  const main = fileURLToPath(new URL('./suite/main.mjs', import.meta.url));
  const files = groups.map((group) => new URL(`${group}.mjs`, folder).href);
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [main, builtLibrary('files'), ...flags, ...files],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    },
  );
  const outcomes = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Outcome);
  const last = outcomes.at(-1)?.name;
  const failed = outcomes.filter(({ error }) => error !== null);
  if (last !== 'to the end' || status !== 0) {
    failed.push({ name: `after '${last}'`, error: `ended with ${status ?? signal}: ${stderr.slice(0, 2000)}` });
  }
  return [outcomes.length - failed.length, failed];
}
