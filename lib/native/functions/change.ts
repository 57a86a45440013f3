import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/**
 * Changes what is stored. A change has a kind (one of the CHANGE_ constants), a collection, the bytes of a value and the bytes of a key. A
 * kind that needs no value or no key gets an empty one. CHANGE_CLEAR is about a range: its value is the range's flags (u32), limit (u64) and
 * lower bound, its key is the upper bound. Numbers are little-endian.
 *
 * Each change has an answer. For a put it is 1, or 0 if nothing was stored: CHANGE_PUT_NEW found the key, or the pair was already there (in
 * collections with several values a key). For a deletion it is how many keys were deleted, for CHANGE_CLEAR how many entries. The constants
 * explain the answers of the conditional kinds.
 */
export interface ChangeFunctions {
  /** Makes a change, and returns the answer. The value is `valueLength` bytes from `valueOffset` on, of `bytes` or else of `io`. */
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
   * Makes a change whose value and then key are in `io`, and returns the answer. The control block has the arguments: CONTROL_TRANSACTION,
   * CONTROL_COLLECTION, CONTROL_OFFSET, CONTROL_VALUE_LENGTH, CONTROL_KEY_LENGTH and CONTROL_KIND.
   */
  changeWritten(): number;
  /**
   * Makes changes in a write transaction, in this order. What is in `io`, and `answers`, are as for `batch`. Nothing is done if one of them is not well-formed. If one fails, those
   * before it stay made.
   */
  changes(transaction: Handle, offset: number, length: number, answers: ArrayBuffer): true;
  /**
   * Commits changes together, in another thread. In `io`, each change is four little-endian u32 (kind, collection, length of the value, length
   * of the key), then the value and the key. The promise is fulfilled with `answers`, which then has the answer to each change as a double. If
   * a change makes the batch fail, the error has its number as `index`. Until `batchesAdded`, the thread waits a moment for more of them.
   */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): Promise<ArrayBuffer>;
  /** The same for a single change: the promise is fulfilled with its answer. */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: undefined): Promise<number>;
  /**
   * Commits changes in this thread, if nothing must be waited for: not the disk, not another writer, not batches that were added before. The arguments are those of `batch`.
   * Returns false if something must be: then nothing was done. Throws what would reject the promise.
   */
  batchNow(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): boolean;
  /** Says that no batch follows those that were added, by `batch` or `transactCommit`, at once. */
  batchesAdded(environment: NativeEnvironment): true;
}
