import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/fixture.ts';

/** Writes a file of that name into a new folder. Returns its path. */
export function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** A path at which no file exists. */
export function newPath(name: string): string {
  return join(temporaryFolder(), name);
}

export function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

export function lines(...all: string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

/** The error with which a promise is rejected; another error if it is fulfilled. */
export async function failure(
  promise: Promise<unknown>,
): Promise<Error & { code: string; line?: number; cause?: unknown }> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error(`was fulfilled, with ${JSON.stringify(result)}`);
}
