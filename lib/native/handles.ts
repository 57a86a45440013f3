/** An open environment of this thread: an opaque native object, type-tagged and checked on every call. */
export interface NativeEnvironment {
  readonly nativeEnvironment: unique symbol;
}

/**
 * The number of a transaction or a cursor of this thread. It contains a generation: a stale or invented handle is
 * `ERR_TXN_ENDED`.
 */
export type Handle = number;

/** What lends memory: the handle of a read transaction, ended or not, or the object that was given to `sourceOpen`. */
export type SourceName = Handle | object;

/** The number of a collection within its NativeEnvironment. */
export type CollectionId = number;
