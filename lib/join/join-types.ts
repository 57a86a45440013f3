import type { Key } from '../key/key.ts';
import type { Entry } from '../read/entry.ts';
import type { Range } from '../read/range.ts';
import type { Value } from '../value/value.ts';

/** `'inner'` (default): each match. `'left'`: also probe entries without one. `'semi'`, `'anti'`: those with, without. */
export type JoinType = 'inner' | 'left' | 'semi' | 'anti';

/** The numbers of a tuple's elements. */
type Indices<P extends readonly unknown[]> = number extends P['length']
  ? number
  : { [I in keyof P]: I extends `${infer N extends number}` ? N : never }[number];

type Joinable = string | number | bigint | boolean | Date | Value;

/** The names of a view's scalar, string and bytes fields. `toObject` tells a struct's view, and its fields from methods. */
type FieldNames<V> = V extends { toObject(): infer O }
  ? { [N in keyof V & keyof O]: [NonNullable<V[N]>] extends [Joinable] ? N : never }[keyof V & keyof O]
  : never;

/** What one value is joined on: the whole key, an element of a tuple key, or a field of a struct. */
export type JoinOn<K, V> =
  | 'key'
  | (K extends Key<infer P> ? { key: Indices<P> } : never)
  | ([FieldNames<V>] extends [never] ? never : { field: FieldNames<V> });

/** One side of a join. Several values in `on` are joined on together. */
export interface JoinSide<K, V> {
  range: Range<K, V>;
  on: JoinOn<NoInfer<K>, NoInfer<V>> | readonly JoinOn<NoInfer<K>, NoInfer<V>>[];
}

export interface JoinOptions<BK, BV, PK, PV, T extends JoinType> {
  build: JoinSide<BK, BV>;
  probe: JoinSide<PK, PV>;
  type?: T;
  /** Most bytes that the join may take for itself. Default 1 GiB. */
  maxTableBytes?: number;
}

/** What a join of type `T` gives: `build` is undefined where nothing matches, and for `'semi'`. */
export interface JoinPair<BK, BV, PK, PV, T extends JoinType = 'inner'> {
  readonly build: (T extends 'inner' | 'left' ? Entry<BK, BV> : never) | (T extends 'inner' ? never : undefined);
  readonly probe: Entry<PK, PV>;
}
