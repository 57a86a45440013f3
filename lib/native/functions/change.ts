import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/** Changes what is stored. */
export interface ChangeFunctions {
  /**
   * Stores a value: `valueLength` bytes from `valueOffset` on of `bytes`, or of `io` if `bytes` is undefined. `kind` is CHANGE_PUT,
   * CHANGE_PUT_NEW or CHANGE_APPEND. False if CHANGE_PUT_NEW found the key (where keys can have several values: the pair).
   */
  put(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
    kind: number,
  ): boolean;
  /**
   * The same for a value in `io` that is followed by its key. The arguments are in CONTROL_TRANSACTION, CONTROL_COLLECTION,
   * CONTROL_OFFSET, CONTROL_VALUE_LENGTH, CONTROL_KEY_LENGTH and CONTROL_KIND.
   */
  putWritten(): boolean;
  del(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Deletes one of a key's several values. The value is given as in `put`. */
  delPair(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
  ): boolean;
  /** Deletes the entries of a range, which is given as in `rangeOpen`. Returns how many. */
  clear(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): number;
  drop(transaction: Handle, collection: CollectionId): true;
  /**
   * Commits the operations in `io` together, in another thread. Each operation has four little-endian u32: a CHANGE_ kind, a
   * collection, the length of its value and that of its key. Then come the value and the key. For CHANGE_CLEAR the value is the flags
   * of a range, its limit (8 bytes) and its lower bound, and the key is its upper bound. The promise gives `answers`, with a double for
   * each operation: for a put whether the pair was stored, for a deletion how many entries. The error of a batch that fails has `index`.
   */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): Promise<ArrayBuffer>;
}
