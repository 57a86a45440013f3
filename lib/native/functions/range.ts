import type { CollectionId, Handle } from '../handles.ts';

/** Goes through ranges of entries. */
export interface RangeFunctions {
  /** The bounds are in `io`. Flags say which bounds there are, and which are open. `limit` is at most 2 ** 53. */
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
  /** Fills the next rows and lends them to `lease`. Returns how many, 0 at the end, NEEDS_TABLE, or PRIVATE_ROW. */
  rangeNext(cursor: Handle, lease: object, rows: number): number;
  /**
   * Copies the next entry. Returns 1, or 0 at the end. Key and value are in `io` from `target` on if they fit; if not,
   * `takePrivate` copies them. Works in transactions of both kinds.
   */
  rangeNextPrivate(cursor: Handle, target: number): number;
  /**
   * Up to `rows` entries as private copies, after the last `takeBack` entries of the call before are taken back, which must not
   * be all of them. Gives how many, 0 at the end, or PRIVATE_ROW if the next one is too large. In `io` from `target` on stand
   * CONTROL_BYTES bytes: the rows, then the bytes they describe, by offsets from `target`. Works in transactions of both kinds.
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
