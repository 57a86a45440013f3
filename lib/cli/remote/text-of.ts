import { readFileSync } from 'node:fs';
import { Failure, USAGE } from '../failure.ts';

/** The text of a file that the command line or the configuration names. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure(USAGE, `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
