import { typedArrayLength, typedArraySet } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_RANGE_BYTES } from '../native/constants.ts';
import { writeU32 } from '../value/struct/record.ts';

/**
 * Appends the value and the key of a CHANGE_CLEAR to the writer. The value is the flags of the range, its limit and its lower bound; the
 * key is its upper bound. Returns where the key begins.
 */
export function writeRange(
  flags: number,
  limit: number,
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
): number {
  const lowerLength = lower === undefined ? 0 : typedArrayLength(lower);
  const upperLength = upper === undefined ? 0 : typedArrayLength(upper);
  const at = writer.position;
  writer.reserve(CHANGE_RANGE_BYTES + lowerLength + upperLength);
  const { bytes } = writer;
  writeU32(bytes, at, flags);
  writeU32(bytes, at + 4, limit % 2 ** 32);
  writeU32(bytes, at + 8, (limit - (limit % 2 ** 32)) / 2 ** 32);
  const lowerAt = at + CHANGE_RANGE_BYTES;
  const keyAt = lowerAt + lowerLength;
  if (lower !== undefined) typedArraySet(bytes, lower, lowerAt);
  if (upper !== undefined) typedArraySet(bytes, upper, keyAt);
  writer.position = keyAt + upperLength;
  return keyAt;
}
