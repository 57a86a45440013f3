import type { RangeOptions } from './bounds.ts';
import type { Entry } from './entry.ts';
import type { Range } from './range.ts';

/**
 * What entries can be read from: a Collection, or a collection in a transaction (`collection.in(txn)`). Write a function that
 * only reads against this, and it takes both. `K` and `V` are what it takes, `KView` and `VView` what it gives. See
 * Collection for what each call gives and throws.
 */
export interface Readable<K, V, KView = K, VView = V> {
  /** Empty for the unnamed database. */
  readonly name: string;
  /** The value of a key, of several the first; undefined if there is none. */
  get(key: K): VView | undefined;
  /** The values of several keys, in their order, undefined for those that are absent. */
  getMany(keys: Iterable<K>): (VView | undefined)[];
  /** Whether there is a value of a key. */
  has(key: K): boolean;
  /** With `dupSort`: the values of a key, in order, as a Range whose items they are. */
  getAll(key: K): Range<KView, VView, VView>;
  /** With `dupSort`: whether a key has this value. */
  hasValue(key: K, value: V): boolean;
  /** The entries between two bounds, in order. */
  range(options?: RangeOptions<K>): Range<KView, VView>;
  /** Calls `fn` with one Entry that is aimed at each row in turn, until it returns false. */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown): void;
  /** How many entries there are, pairs with `dupSort`. */
  count(options?: RangeOptions<K>): number;
}
