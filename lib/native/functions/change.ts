import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/**
 * Changes what is stored. A change is one of the CHANGE_ kinds, a collection, the bytes of a value and those of a key. Those
 * of a kind that needs none are empty. For CHANGE_CLEAR the value is the range's flags (u32), its limit (u64) and its lower
 * bound, the key is its upper bound. Numbers are little-endian.
 *
 * The answer to a put is 1, or 0 if CHANGE_PUT_NEW met the key or, where keys can have several values, if the pair was there.
 * The answer to a deletion is how many keys were there, to CHANGE_CLEAR how many entries.
 */
export interface ChangeFunctions {
  /** Makes a change; gives the answer. The value is `valueLength` bytes of `bytes` from `valueOffset` on, or of `io` if undefined. */
  change(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
    kind: number,
  ): number;
  /**
   * The same for a value in `io` that is followed by its key. The arguments are in CONTROL_TRANSACTION, CONTROL_COLLECTION,
   * CONTROL_OFFSET, CONTROL_VALUE_LENGTH, CONTROL_KEY_LENGTH and CONTROL_KIND.
   */
  changeWritten(): number;
  /**
   * Has the changes in `io` committed together, off this thread: for each its kind, its collection, the length of its
   * value and of its key as little-endian u32, then the value and the key. Fulfilled with `answers`, which has a double for
   * each. The error of a batch that fails has `index`.
   */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): Promise<ArrayBuffer>;
}
