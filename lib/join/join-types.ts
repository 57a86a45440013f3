import type { Key } from '../key/key.ts';
import type { Entries, EntryLike } from '../read/entry-source.ts';
import type { Value } from '../value/value.ts';

/**
 * `'inner'` (default): a pair for each match. `'left'`: also a pair for each probe entry without a match. `'semi'`: each probe entry with a
 * match, once. `'anti'`: each probe entry without one.
 */
export type JoinType = 'inner' | 'left' | 'semi' | 'anti';

/** The indices of a tuple's elements. */
type Indices<P extends readonly unknown[]> = number extends P['length']
  ? number
  : { [I in keyof P]: I extends `${infer N extends number}` ? N : never }[number];

type Joinable = string | number | bigint | boolean | Date | Value;

/** The names of the fields in `O` that can be joined on. */
type JoinableNames<VView, O> = {
  [N in keyof VView & keyof O]: [NonNullable<VView[N]>] extends [Joinable] ? N : never;
}[keyof VView & keyof O];

/**
 * The names of the scalar, string and bytes fields of a struct's view, or of an object that `map` has made. A view is known by its method
 * `toObject`, whose result has the fields but not the methods.
 */
type FieldNames<VView> = VView extends { toObject(): infer O }
  ? JoinableNames<VView, O>
  : VView extends Value | Key<readonly unknown[]> | readonly unknown[]
    ? never
    : VView extends object
      ? JoinableNames<VView, VView>
      : never;

/** A value to join on: the whole key, an element of a tuple key, or a field of a struct. */
export type JoinOn<KView, VView> =
  | 'key'
  | (KView extends Key<infer P>
      ? { key: Indices<P> }
      : KView extends readonly unknown[]
        ? { key: Indices<KView> }
        : never)
  | ([FieldNames<VView>] extends [never] ? never : { field: FieldNames<VView> });

/**
 * One side of a join. `range` is a collection, a range, or `filter()`, `take()` or `map()` of a range. `map` must return objects with a
 * `key` that the collection's key codec can encode and, to join on a field, a `value` that has the field. The pairs then have these very
 * objects. If `on` is an array, two entries match if all of its values are equal.
 */
export interface JoinSide<E extends EntryLike> {
  range: Entries<E>;
  on: JoinOn<NoInfer<E>['key'], NoInfer<E>['value']> | readonly JoinOn<NoInfer<E>['key'], NoInfer<E>['value']>[];
}

export interface JoinOptions<Build extends EntryLike, Probe extends EntryLike, T extends JoinType = 'inner'> {
  build: JoinSide<Build>;
  probe: JoinSide<Probe>;
  type?: T;
  /** The most bytes that the join's table may take, and also the most for each side that functions make. Default 1 GiB. */
  maxTableBytes?: number;
}

/** A pair of a join of type `T`. `build` is undefined if nothing matches, and always for `'semi'` and `'anti'`. */
export interface JoinPair<Build, Probe, T extends JoinType = 'inner'> {
  readonly build: (T extends 'inner' | 'left' ? Build : never) | (T extends 'inner' ? never : undefined);
  readonly probe: Probe;
}
