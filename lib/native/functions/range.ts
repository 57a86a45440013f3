import type { CollectionId, Handle } from '../handles.ts';

/** Reads ranges of entries. */
export interface RangeFunctions {
  /**
   * Opens a cursor. The lower bound is in `io` at `offset`, the upper bound after it. The flags say which bounds there are, and which are
   * exclusive. `limit` is at most 2 ** 53; `skipped` is how many entries are left out at the beginning.
   */
  rangeOpen(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    offset: number,
    lowerLength: number,
    upperLength: number,
    limit: number,
    skipped: number,
  ): Handle;
  /**
   * Lends the next rows, at most `rows`, to `lease`. Returns how many, 0 at the end, NEEDS_TABLE or PRIVATE_ROW. If CONTROL_RUN is less than the
   * count, the rows belong to a group, and each of its leases has so many of them. CONTROL_COLLECTED is 1 if groups should be split now.
   */
  rangeNext(cursor: Handle, lease: object, rows: number): number;
  /**
   * Finds the next entry. Returns 1, or 0 at the end. Copies the key and the value, with its header, to `io` from `target` on if there is
   * room for both. If not, `takePrivate` must copy them. CONTROL_VALUE_LENGTH counts the header. Works in transactions of both kinds.
   */
  rangeNextPrivate(cursor: Handle, target: number): number;
  /**
   * Copies the next entries, at most `rows`, to `io`. First goes back by `takeBack` entries, so that these are read again; they must be fewer
   * than the call before has returned. Returns how many entries were copied, 0 at the end, or PRIVATE_ROW if the next entry is too large.
   * From `target` on, `io` then has CONTROL_BYTES bytes: the rows, and then the bytes that they describe, with the values' headers, and
   * with offsets from `target`. Works in transactions of both kinds.
   */
  rangeNextCopies(cursor: Handle, target: number, rows: number, takeBack: number): number;
  /**
   * Goes to the first entry at a place, which is in `io`: a key, or with `isPair` a key and a value as RANGE_LOWER_PAIR says. The next call
   * returns that entry. `unread` of the entries that were returned do not count towards the limit.
   */
  rangeSeek(cursor: Handle, offset: number, length: number, isPair: boolean, unread: number): true;
  rangeClose(cursor: Handle): true;
  /** How many entries `rangeOpen` with the same arguments would give. */
  count(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    offset: number,
    lowerLength: number,
    upperLength: number,
    limit: number,
    skipped: number,
  ): number;
}
