import type { CollectionId, Handle } from '../handles.ts';

/** Reads ranges of entries. */
export interface RangeFunctions {
  /** Opens a cursor. The bounds are in `io`. The flags say which bounds there are, and which are exclusive. `limit` is at most 2 ** 53. */
  rangeOpen(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): Handle;
  /** Lends the next rows, at most `rows`, to `lease`. Returns how many, 0 at the end, NEEDS_TABLE or PRIVATE_ROW. */
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
  rangeClose(cursor: Handle): true;
  count(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): number;
}
