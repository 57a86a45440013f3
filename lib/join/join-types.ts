import type { Key } from '../key/key.ts';
import type { Entries, EntryLike } from '../read/entry-source.ts';
import type { Value } from '../value/value.ts';

/** `'inner'` (default): each match. `'left'`: also probe entries without one. `'semi'`, `'anti'`: those with, without. */
export type JoinType = 'inner' | 'left' | 'semi' | 'anti';

/** The numbers of a tuple's elements. */
type Indices<P extends readonly unknown[]> = number extends P['length']
  ? number
  : { [I in keyof P]: I extends `${infer N extends number}` ? N : never }[number];

type Joinable = string | number | bigint | boolean | Date | Value;

/** The names of the fields in `O` that can be joined on. */
type JoinableNames<V, O> = { [N in keyof V & keyof O]: [NonNullable<V[N]>] extends [Joinable] ? N : never }[keyof V &
  keyof O];

/**
 * The names of a view's scalar, string and bytes fields, or of those of an object that `map` has made. `toObject` tells a struct's view, and
 * its fields from methods.
 */
type FieldNames<V> = V extends { toObject(): infer O }
  ? JoinableNames<V, O>
  : V extends Value | Key<readonly unknown[]> | readonly unknown[]
    ? never
    : V extends object
      ? JoinableNames<V, V>
      : never;

/** What one value is joined on: the whole key, an element of a tuple key, or a field of a struct. */
export type JoinOn<K, V> =
  | 'key'
  | (K extends Key<infer P> ? { key: Indices<P> } : K extends readonly unknown[] ? { key: Indices<K> } : never)
  | ([FieldNames<V>] extends [never] ? never : { field: FieldNames<V> });

/**
 * One side of a join. `range` is a collection, a range, or `filter()`, `take()` or `map()` of one. What `map` makes must be an object with
 * a `key` as the collection's codec takes it and, for joining on a field, a `value` that has it; the pairs have that very object.
 * Several values in `on` are joined on together.
 */
export interface JoinSide<E extends EntryLike> {
  range: Entries<E>;
  on: JoinOn<NoInfer<E>['key'], NoInfer<E>['value']> | readonly JoinOn<NoInfer<E>['key'], NoInfer<E>['value']>[];
}

export interface JoinOptions<Build extends EntryLike, Probe extends EntryLike, T extends JoinType> {
  build: JoinSide<Build>;
  probe: JoinSide<Probe>;
  type?: T;
  /** Most bytes that the join may take for itself, and most that a side made by functions may take. Default 1 GiB. */
  maxTableBytes?: number;
}

/** What a join of type `T` gives: `build` is undefined where nothing matches, and for `'semi'`. */
export interface JoinPair<Build, Probe, T extends JoinType = 'inner'> {
  readonly build: (T extends 'inner' | 'left' ? Build : never) | (T extends 'inner' ? never : undefined);
  readonly probe: Probe;
}
