import type { CollectionId, Handle } from '../handles.ts';

/** Writes what a server answers straight to the memory that goes to a socket. lib/wire/protocol.ts explains the frames. */
export interface AnswerFunctions {
  /**
   * Answers frames GET, which stand one after the other in `length` bytes of `frames` from `from` on, each with a frame VALUE. `tid` is the
   * newest commit that the transaction sees, and `absent` the one since which absent keys are told to be absent: 0 if that is not the same for all. `collections` has,
   * for each number of a collection, its id plus 1, or 0.
   *
   * Returns how many bytes of frames were answered. Stops at a frame that is not whole, of another kind, or as of another commit; at a
   * value of more than FRAME_SMALL_VALUE bytes; at an absent key if `absent` is 0; at what fails; and when there is no room. CONTROL_ROWS has the number of frames, CONTROL_BYTES where
   * the answers end in `out`, in which they begin at `outAt`.
   */
  answerGets(
    transaction: Handle,
    collections: Uint32Array,
    tid: number,
    absent: number,
    frames: Uint8Array,
    from: number,
    length: number,
    out: Uint8Array,
    outAt: number,
  ): number;
  /**
   * Writes the states of keys as MANY has them. At most `count` keys, each behind its length (u32), stand in `length` bytes of `keys` from
   * `from` on. Returns how many bytes of keys were answered; stops when there is no room, and at an absent key if `absent` is 0. CONTROL_ROWS and CONTROL_BYTES as for `answerGets`.
   */
  answerMany(
    transaction: Handle,
    collection: CollectionId,
    tid: number,
    absent: number,
    keys: Uint8Array,
    from: number,
    length: number,
    count: number,
    out: Uint8Array,
    outAt: number,
  ): number;
  /**
   * Writes the next rows of a range, as ROWS has them: each key, its version (u64, little-endian), its value; then, at a multiple of 4, the table.
   * Offsets count from `outAt`. The first arguments are those of `rangeOpen`; RANGE_KEYS_ONLY leaves out the values, and not the versions.
   *
   * Returns the number of rows. CONTROL_BYTES has where they end in `out`, CONTROL_OFFSET where the table begins, CONTROL_DONE whether the range has
   * ended. If there is no room for the first row, CONTROL_VALUE_LENGTH has how much it needs.
   */
  packRows(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    offset: number,
    lowerLength: number,
    upperLength: number,
    limit: number,
    skipped: number,
    out: Uint8Array,
    outAt: number,
  ): number;
}
