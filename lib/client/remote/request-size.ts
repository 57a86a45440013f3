import { LeaseholdError } from '../../base/errors.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import type { ByteRange } from '../../read/bounds.ts';

/** A request has no more bytes beside its keys. */
const REQUEST_BYTES = 64;

/** `ERR_KEY_SIZE` if a request with so many bytes is larger than the server takes. */
export function checkRequestSize(length: number, most: number): void {
  if (length + REQUEST_BYTES <= most) return;
  throw new LeaseholdError(
    'ERR_KEY_SIZE',
    `a request has ${length} bytes of keys, and the server takes at most ${most}: see its option limits.request`,
  );
}

/** How many bytes the bounds of a range have. */
export function boundsSize({ lower, upper }: ByteRange): number {
  return (lower === undefined ? 0 : typedArrayLength(lower)) + (upper === undefined ? 0 : typedArrayLength(upper));
}
