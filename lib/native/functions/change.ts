import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/** Changes what is stored. */
export interface ChangeFunctions {
  /**
   * Stores a value: `valueLength` bytes from `valueOffset` on of `bytes`, or of `io` if undefined. `kind` is CHANGE_PUT,
   * CHANGE_PUT_NEW or CHANGE_APPEND. Gives false if CHANGE_PUT_NEW met the key; where keys can have several values, if the pair was there.
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
   * The same for what stands in `io`, the key behind the value: CONTROL_TRANSACTION, CONTROL_COLLECTION, CONTROL_OFFSET,
   * CONTROL_VALUE_LENGTH, CONTROL_KEY_LENGTH and CONTROL_KIND say what and where.
   */
  putWritten(): boolean;
  del(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Deletes one of a key's several values, which is given as to `put`. */
  delPair(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
  ): boolean;
  /** Deletes the entries of a range, of which `rangeOpen` has the arguments; gives how many there were. */
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
   * Has the operations in `io` committed together, off this thread: for each a CHANGE_ kind, a collection, the length of its
   * value and of its key as little-endian u32, then the value and the key. Of CHANGE_CLEAR the value is the flags of a range,
   * its limit (8 bytes) and its lower bound, the key its upper bound. Gives `answers`, with a double for each: of a put
   * whether the pair was stored, of a deletion how many have gone. The error of a batch that fails has `index`.
   */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): Promise<ArrayBuffer>;
}
