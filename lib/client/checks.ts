import { checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';

/** `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE` for what is no version of a key. */
export function checkVersion(version: unknown): void {
  if (version === undefined) throw invalidType('version', 'the number that version() gave', version);
  checkSize(version, 'version', 0, Number.MAX_SAFE_INTEGER);
}

/** `ERR_INVALID_ARG_TYPE` */
export function checkFunction(fn: unknown): void {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
}
