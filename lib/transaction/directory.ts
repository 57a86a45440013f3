import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { isWellFormed } from '../base/primordials.ts';

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` unless `path` can be that of a directory. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') throw invalidType('path', 'a string', path);
  if (path === '' || path.includes('\0') || !isWellFormed(path)) {
    throw invalidValue('path must not be empty, and have no NUL and no lone surrogate');
  }
}

/**
 * Makes the directory of a database, for its owner alone, if it is absent, with its parents. They survive a power cut.
 * `tried` is what it is wanted for.
 */
export function makeDirectory(path: string, tried: 'open' | 'copy to'): void {
  try {
    const first = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (first !== undefined) flushNames(resolve(path), resolve(first));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    throw new LeaseholdError(
      code === 'EEXIST' ? 'ENOTDIR' : code,
      isFile
        ? `cannot ${tried} '${path}': it is not a directory; give the directory that holds data.mdb`
        : `cannot make the directory '${path}': ${(cause as Error).message}`,
      { path, cause },
    );
  }
}

/** Flushes the directories that name `path`, up to the one that names `first`, to the disk. */
function flushNames(path: string, first: string): void {
  for (let named = path; ; named = dirname(named)) {
    flush(dirname(named));
    if (named === first || named === dirname(named)) return;
  }
}

function flush(directory: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(directory, 'r');
  } catch {
    return; // It may be written to, but not read.
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    // Not every file system can flush a directory.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    closeSync(descriptor);
  }
}
