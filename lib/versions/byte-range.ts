import { typedArrayLength } from '../base/primordials.ts';
import { compareBytes } from '../lease/bytes.ts';
import type { ByteRange } from '../read/bounds.ts';

/** Whether a key lies in a range. */
export function isIn(key: Uint8Array, { lower, lowerOpen, upper, upperOpen }: ByteRange): boolean {
  if (lower !== undefined && compareKeys(key, lower) < (lowerOpen ? 1 : 0)) return false;
  return upper === undefined || compareKeys(key, upper) <= (upperOpen ? -1 : 0);
}

/** The range of the keys that lie in both. */
export function intersection(a: ByteRange, b: ByteRange): ByteRange {
  const lower = later(a, b) ? a : b;
  const upper = earlier(a, b) ? a : b;
  return { lower: lower.lower, lowerOpen: lower.lowerOpen, upper: upper.upper, upperOpen: upper.upperOpen };
}

/** Whether no key can lie in a range. */
export function isEmpty({ lower, lowerOpen, upper, upperOpen }: ByteRange): boolean {
  if (lower === undefined || upper === undefined) return false;
  const order = compareKeys(lower, upper);
  return order > 0 || (order === 0 && (lowerOpen || upperOpen));
}

/** The order of two keys: negative, 0 or positive. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, typedArrayLength(a), b, 0, typedArrayLength(b));
}

/** Whether `a` begins later than `b`, or at the same key. */
function later(a: ByteRange, b: ByteRange): boolean {
  if (a.lower === undefined || b.lower === undefined) return a.lower !== undefined;
  const order = compareKeys(a.lower, b.lower);
  return order > 0 || (order === 0 && a.lowerOpen);
}

/** Whether `a` ends earlier than `b`, or at the same key. */
function earlier(a: ByteRange, b: ByteRange): boolean {
  if (a.upper === undefined || b.upper === undefined) return a.upper !== undefined;
  const order = compareKeys(a.upper, b.upper);
  return order < 0 || (order === 0 && a.upperOpen);
}
