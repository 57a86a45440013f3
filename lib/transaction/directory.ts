import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
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
 * Makes the directory of a database if it is absent, with its parents, for its owner alone. When this returns, the directories
 * survive a power cut. `tried` says for errors what the directory is for.
 */
export function makeDirectory(path: string, tried: 'open' | 'copy to'): void {
  try {
    const first = makeMissing(path);
    if (first !== undefined) flushNames(resolve(path), resolve(first));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Of the stack, which ended in here.
    if (code === undefined) throw cause;
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

/**
 * Makes a directory, and those of its parents that are absent. Returns the first one that it made. Not by Node's own `recursive`,
 * which tries for ever in a directory that answers ENOENT, as /proc does.
 */
function makeMissing(path: string): string | undefined {
  const error = make(path);
  if (error === undefined) return path;
  if (error.code !== 'ENOENT') return existing(path, error);
  const parent = dirname(path);
  if (parent === path) throw error;
  const first = makeMissing(parent);
  const again = make(path);
  if (again === undefined) return first ?? path;
  existing(path, again);
  return first;
}

function make(path: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** Throws the error of making a directory unless the directory is there. */
function existing(path: string, error: NodeJS.ErrnoException): undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
}

/** Flushes to the disk the directories that have `path` and its parents as entries, up to the one that has `first`. */
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
    return; // The user may write to the directory, but not read it.
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
