import { mkdirSync } from 'node:fs';
import { invalidType, invalidValue, LeaseholdError } from '../errors.ts';
import { isWellFormed } from '../primordials.ts';

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` unless `path` can be that of a directory. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path !== 'string') throw invalidType('path', 'a string', path);
  if (path === '' || path.includes('\0') || !isWellFormed(path)) {
    throw invalidValue('path must not be empty, and have no NUL and no lone surrogate');
  }
}

/** Makes the directory of a database, for its owner alone, if it is absent. `tried` is what it is wanted for. */
export function makeDirectory(path: string, tried: 'open' | 'copy to'): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
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
