import { invalidValue } from '../base/errors.ts';
import { utf8ByteLength } from '../base/platform.ts';
import { MOST_KEY_BYTES } from './key-size.ts';

/** The key of side data has a NUL before the name. */
const MOST_SIDE_DATA_NAME_BYTES: number = MOST_KEY_BYTES - 1;

/** Throws `ERR_INVALID_ARG_VALUE` if a collection's name is too long for a codec with side data. */
export function checkSideDataName(name: string): void {
  if (hasSideDataKey(name)) return;
  throw invalidValue(
    `a collection with values of this codec must have a name of at most ${MOST_SIDE_DATA_NAME_BYTES} bytes`,
  );
}

/** Whether the key of a collection's side data is short enough to be a key. */
export function hasSideDataKey(name: string): boolean {
  return utf8ByteLength(name) <= MOST_SIDE_DATA_NAME_BYTES;
}
