import type { KeyCodec } from '../key/codec.ts';
import type { AnyValueCodec } from '../value/custom.ts';

interface CommonOptions<K, KView> {
  key?: KeyCodec<K, KView>;
  /** Make the collection if it is absent. Default true. */
  create?: boolean;
  /** Most milliseconds to wait for other writers, if the collection must be made. Default: the environment's `lockTimeout`. */
  lockTimeout?: number;
}

/** How to open a collection with one value a key. */
export interface OneValueOptions<K, V, KView, VView> extends CommonOptions<K, KView> {
  /** A key codec can be used for values too. */
  value?: AnyValueCodec<V, VView> | KeyCodec<V, VView>;
  dupSort?: false;
  /**
   * Whether a new collection keeps the number of the commit that wrote it with each value: see `collection.version()`. For an existing
   * collection it must be what that was made with. Default for a new one: false.
   */
  versions?: boolean;
  /**
   * With `'any'`, keys of a new collection can be empty, or have up to 1 MiB; without, they have 1 to 511 bytes. For an existing collection it
   * must be left out, or what that was made with.
   */
  keys?: 'any';
  /**
   * Whether reading gives one frozen object for each version of a value, which all readers of this thread share: it is decoded once. For json,
   * msgpack and codecs of your own, with `versions`. Each program decides for itself. Default false.
   */
  share?: boolean;
  /**
   * Whether a new collection keeps with each value the time after which it is absent: see `collection.putUntil()`. For an existing collection it
   * must be what that was made with. `{ ttl }` has the values that this program puts expire after so many milliseconds, if it says nothing
   * else. Default for a new one: false.
   */
  expires?: boolean | ExpiresOptions;
}

export interface ExpiresOptions {
  /** Milliseconds from a put until its value is absent; above 0, and Infinity for values that stay. Default Infinity. */
  ttl?: number;
}

/** How to open a collection with several values a key, in order. */
export interface DupSortOptions<K, V, KView, VView> extends CommonOptions<K, KView> {
  /** `bytes`, `utf8`, `uint32`, `tuple` or `tupleOf()`, whose bytes sort as the values do. A value has 1 to 511 bytes. */
  value?: KeyCodec<V, VView>;
  /** Whether a new collection has several values a key. For an existing collection it must be what that was made with. */
  dupSort?: boolean;
  versions?: false;
  keys?: undefined;
  share?: false;
  expires?: false;
}

/** How to open a collection. */
export type CollectionOptions<K, V, KView, VView> =
  | OneValueOptions<K, V, KView, VView>
  | DupSortOptions<K, V, KView, VView>;
