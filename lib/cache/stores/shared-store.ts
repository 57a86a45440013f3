/*
 * A place for items that several processes share, and that promises nothing: each item may be forgotten at any moment. What it gives under a name is what somebody has put there under that
 * name at some time. test/cache/stores has the tests that every such store must pass.
 */

/** What some stores know at once, and others have to ask for. */
export type Maybe<T> = T | Promise<T>;

/** An item, and what `cas` needs to replace that one only. */
export interface FoundItem {
  readonly bytes: Uint8Array;
  readonly token: unknown;
}

/** All calls throw, or reject with, what the store fails with. Names are ASCII, with neither spaces nor control characters, of at most 250 characters. */
export interface SharedStore {
  /** The longest item that it takes, in bytes. */
  readonly mostBytes: number;
  get(name: string): Maybe<Uint8Array | undefined>;
  /** In the order of the names. The bytes are the caller's. */
  getMulti(names: readonly string[]): Maybe<readonly (Uint8Array | undefined)[]>;
  gets(name: string): Maybe<FoundItem | undefined>;
  set(name: string, bytes: Uint8Array): Maybe<void>;
  /** Returns whether there was none. */
  add(name: string, bytes: Uint8Array): Maybe<boolean>;
  /** Replaces an item, unless it was changed since `gets` has given it. Returns whether it has. */
  cas(name: string, bytes: Uint8Array, token: unknown): Maybe<boolean>;
  delete(name: string): Maybe<void>;
  close(): Maybe<void>;
}

/** The longest item: what memcached takes if it is started without options is a little more. */
export const MOST_ITEM = 1_000_000;
/** After so many seconds, servers may drop an item. Nobody asks for what is older than the checkpoints. */
export const ITEM_SECONDS: number = 24 * 3600;
