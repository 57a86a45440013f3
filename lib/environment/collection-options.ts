import type { KeyCodec } from '../key/codec.ts';
import type { AnyValueCodec } from '../value/custom.ts';

interface CommonOptions<K, KView> {
  key?: KeyCodec<K, KView>;
  /** Make the collection if it is absent. Default true. */
  create?: boolean;
  /** Most milliseconds to wait for other writers if it has to be made; the environment's `lockTimeout` if not given. */
  lockTimeout?: number;
}

/** How a collection is opened that has one value a key. */
export interface OneValueOptions<K, V, KView, VView> extends CommonOptions<K, KView> {
  /** A key codec serves for values as well. */
  value?: AnyValueCodec<V, VView> | KeyCodec<V, VView>;
  dupSort?: false;
}

/** How a collection is opened that has several values a key, in order. */
export interface DupSortOptions<K, V, KView, VView> extends CommonOptions<K, KView> {
  /** `bytes`, `utf8`, `uint32`, `tuple` or `tupleOf()`: their bytes sort as the values do. A value has 1 to 511 of them. */
  value?: KeyCodec<V, VView>;
  /** What a collection is made with; of one that is there it says what is expected. */
  dupSort?: boolean;
}

/** How a collection is opened. */
export type CollectionOptions<K, V, KView, VView> =
  | OneValueOptions<K, V, KView, VView>
  | DupSortOptions<K, V, KView, VView>;
