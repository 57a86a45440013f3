import type { Entry } from './entry.ts';
import type { EntryRange, ValueRange } from './range.ts';
import type { RangeOptions, ValueRangeOptions } from './range-options.ts';

/**
 * A Collection, or a collection in a transaction (`collection.in(txn)`). A function that only reads should take a Readable, so that it
 * can be called with both. `K` and `V` are the types that it takes, `KView` and `VView` those that it returns. Collection documents what
 * each call returns and throws.
 */
export interface Readable<K, V, KView = K, VView = V> {
  /** Empty for the unnamed database. */
  readonly name: string;
  /** The value of a key, or the first of several; undefined if the key is absent. */
  get(key: K): VView | undefined;
  /** The values of several keys, in the order of the keys, with undefined for each key that is absent. */
  getMany(keys: Iterable<K>): (VView | undefined)[];
  /** Whether a key is stored. */
  has(key: K): boolean;
  /** The number of the commit that wrote a key's value, 0 if the key is absent. For a collection with `versions`. */
  version(key: K): number;
  /** With `dupSort`: a Range over the values of one key, in order, or over those between two bounds. */
  getAll(key: K, options?: ValueRangeOptions<V>): ValueRange<V, KView, VView>;
  /** With `dupSort`: whether a key has this value. */
  hasValue(key: K, value: V): boolean;
  /** The entries between two bounds, in order. */
  range(options?: RangeOptions<K>): EntryRange<K, KView, VView>;
  /** Calls `fn` for each entry of a range, with the same Entry object every time, until `fn` returns false. */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown): void;
  /** How many entries a range has (with `dupSort`: pairs). */
  count(options?: RangeOptions<K>): number;
}
