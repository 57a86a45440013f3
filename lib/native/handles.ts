/** An open environment of this thread: an opaque native object, type-tagged and checked on every call. */
export interface NativeEnvironment {
  readonly nativeEnvironment: unique symbol;
}

/**
 * A transaction or a cursor of this thread: a small integer that carries a generation. A stale or invented one is
 * `ERR_TXN_ENDED`.
 */
export type Handle = number;

/** A collection of one NativeEnvironment: an index that it gave out. */
export type CollectionId = number;
