import type { Key } from '../key/key.ts';
import type { OnEnd } from '../transaction/open-options.ts';

/**
 * A key, or the leading elements of a tuple. A bound with only leading elements sorts before all keys that begin with them. So `gt` and
 * `gte` of `['FR']` include these keys, `lt` and `lte` exclude them, and `prefix` includes nothing else.
 */
export type RangeBound<K> =
  K extends Key<readonly unknown[]>
    ? Key<readonly unknown[]>
    : K extends readonly [...infer Leading, unknown]
      ? K | RangeBound<Readonly<Leading>>
      : K;

/** Which entries of a collection, and in which order. With several bounds, an entry must be inside all of them. */
export interface RangeOptions<K> {
  gt?: K | RangeBound<K>;
  gte?: K | RangeBound<K>;
  lt?: K | RangeBound<K>;
  lte?: K | RangeBound<K>;
  /** The leading elements of tuple keys, or the leading bytes of `utf8` and `bytes` keys. */
  prefix?: K | RangeBound<K>;
  /** True: from the last entry to the first. */
  reverse?: boolean;
  /** The most entries. */
  limit?: number;
  /** How many entries to leave out at the beginning. They are counted by pages and not read; still, a cursor is faster. */
  offset?: number;
  /** With `dupSort`: one entry for each key, with the first of its values; in reverse, the last one. */
  distinct?: boolean;
  /** Begins after an entry: a text that `range.page()` or `range.cursorAfter()` has returned. Undefined: at the beginning. */
  cursor?: string | undefined;
  /** For a range that opens its own transaction: whether sinks that you still hold at its end are copied or expire. */
  onEnd?: OnEnd;
}

/** Which values of one key, and in which order: the options of `getAll()`. The bounds are values. */
export type ValueRangeOptions<V> = Omit<RangeOptions<V>, 'distinct'>;

/** Which entries `clear()` deletes. */
export type ClearOptions<K> = Omit<RangeOptions<K>, 'offset' | 'distinct' | 'cursor' | 'onEnd'>;
