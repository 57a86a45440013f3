import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyOfLibrary } from '../../support/child.ts';
import { runs } from '../../support/runs.ts';

/** A mistake in one place of the library: the text `from` of a file of dist/ is replaced by `to`. */
export interface Break {
  rule: string;
  file: string;
  from: string;
  to: string;
}

/** A copy of the library in which something is broken. */
export function broken({ file, from, to }: Break): string {
  const folder = copyOfLibrary('files');
  const path = join(folder, 'dist', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2)
    throw new Error(`'${from}' stands ${text.split(from).length - 1} times in ${file}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return folder;
}

/** Returns with which of `most` seeds a test finds the mistake, and how; an empty text if it does not. */
export async function found(check: (seed: number) => Promise<unknown>, most: number): Promise<string> {
  for (let seed = 1; seed <= most; seed++) {
    try {
      await check(seed);
    } catch (error) {
      return `seed ${seed}: ${(error as Error).message}`;
    }
  }
  return '';
}

/** Each copy takes seconds, so only `npm run test:random` tries all mistakes. `npm test` tries one of each kind. */
export const some = <T>(all: readonly T[]): readonly T[] => all.slice(0, runs(1, all.length));

/** With LEASEHOLD_TELL, tells how a mistake was found. */
export function tell(rule: string, how: string): void {
  if (process.env['LEASEHOLD_TELL'] !== undefined) process.stderr.write(`${rule} | ${how.slice(0, 150)}\n`);
}
