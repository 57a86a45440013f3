import { checkObject, checkOptionNames, checkSize } from '../../base/check-arguments.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import { hexToBytes } from '../../base/hex.ts';
import { compareBytes } from '../../lease/bytes.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import { afterBytes, afterElements } from '../../read/range-place.ts';
import { anyKey } from './any-key.ts';
import { type RowKeyCodec, rawOf } from './row-key.ts';

/** Which entries of a persistent collection, and in which order, as `range` of a Collection takes it. */
export type EntriesOptions<K> = Pick<
  RangeOptions<K>,
  'gt' | 'gte' | 'lt' | 'lte' | 'prefix' | 'reverse' | 'limit' | 'offset' | 'cursor'
>;

const NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'offset', 'cursor'];
const NOTHING = new Uint8Array(0);

/** The same with the bounds as bytes: keys from `from` on and before `to`; undefined is the end of all keys. */
export interface RowRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly offset: number;
  /** Infinity if there is none. */
  readonly limit: number;
}

export const ALL: RowRange = {
  from: NOTHING,
  to: undefined,
  reverse: false,
  offset: 0,
  limit: Number.POSITIVE_INFINITY,
};

/** Checks the options of a program. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`, and what the codec throws. */
export function readRange(codec: RowKeyCodec, options: EntriesOptions<unknown> | undefined): RowRange {
  if (options === undefined) return ALL;
  checkObject(options, 'options');
  checkOptionNames(options, NAMES, 'a range of a persistent collection');
  const { gt, gte, lt, lte, prefix, reverse, limit, offset, cursor } = options;
  if (reverse !== undefined && typeof reverse !== 'boolean') throw invalidType('reverse', 'a boolean', reverse);
  checkSize(limit, 'limit', 0, Number.MAX_SAFE_INTEGER);
  checkSize(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
  let { from, to }: { from: Uint8Array; to: Uint8Array | undefined } = ALL;
  const raise = (bound: Uint8Array): void => {
    if (compare(bound, from) > 0) from = bound;
  };
  const reduce = (bound: Uint8Array | undefined): void => {
    if (bound !== undefined && (to === undefined || compare(bound, to) < 0)) to = bound;
  };
  if (gt !== undefined) raise(behind(rawOf(codec, gt)));
  if (gte !== undefined) raise(rawOf(codec, gte));
  if (lt !== undefined) reduce(rawOf(codec, lt));
  if (lte !== undefined) reduce(behind(rawOf(codec, lte)));
  if (prefix !== undefined) {
    const start = prefixOf(codec, prefix);
    raise(start);
    reduce(codec.prefix === 'elements' ? afterElements(start) : afterBytes(start));
  }
  if (cursor !== undefined) {
    const last = hexToBytes(typeof cursor === 'string' ? cursor : '-');
    if (last === undefined) throw invalidValue('the cursor is none that page() has returned');
    if (reverse === true) reduce(last);
    else raise(behind(last));
  }
  return {
    from,
    to,
    reverse: reverse === true,
    offset: offset ?? 0,
    limit: limit ?? Number.POSITIVE_INFINITY,
  };
}

/** The bytes with which the keys begin that have a prefix: the leading elements of an array, or the leading characters of a string. */
function prefixOf(codec: RowKeyCodec, prefix: unknown): Uint8Array {
  if (codec.prefix === 'none') throw invalidValue(`keys of the codec '${codec.name}' have no prefixes`);
  const raw = rawOf(codec, prefix);
  if (codec.name !== anyKey.name) return raw;
  if (typeof prefix !== 'string' && !Array.isArray(prefix))
    throw invalidType('prefix', 'a string, or an array', prefix);
  // Without the byte that ends a string or an array.
  return raw.subarray(0, -1);
}

/** The part of a range that comes after a key. */
export function rangeAfter(range: RowRange, raw: Uint8Array): RowRange {
  return range.reverse ? { ...range, to: raw, offset: 0 } : { ...range, from: behind(raw), offset: 0 };
}

export function isEmptyRange({ from, to, limit }: RowRange): boolean {
  return limit === 0 || (to !== undefined && compare(from, to) >= 0);
}

/** The first key behind a key. */
export function behind(raw: Uint8Array): Uint8Array {
  const next = new Uint8Array(raw.length + 1);
  next.set(raw);
  return next;
}

export function compare(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, a.length, b, 0, b.length);
}
