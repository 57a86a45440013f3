import { LeaseholdError } from '../base/errors.ts';

/** The longest key that LMDB stores, in bytes. Collections' names, and the values of `dupSort`, are stored as keys. */
export const MOST_KEY_BYTES = 511;

/** The longest key of a collection with keys: 'any', in bytes. */
export const MOST_ANY_KEY_BYTES: number = 2 ** 20;

/** Throws `ERR_KEY_SIZE` if a key of that length cannot be stored. */
export function checkKeySize(length: number): void {
  if (length > 0 && length <= MOST_KEY_BYTES) return;
  throw new LeaseholdError('ERR_KEY_SIZE', `a key must have from 1 to ${MOST_KEY_BYTES} bytes; this one has ${length}`);
}
