import type { Handle } from '../handles.ts';

/** Joins two ranges. */
export interface JoinFunctions {
  /**
   * Begins a join of two sides in a read transaction. A side is a cursor of that transaction, which the join takes over, or -1:
   * entries that `joinGive` gives. `plan` has five numbers for each value that is
   * compared, those of `build` first: which value (ON_KEY_NUMBER, …), the number of the element, the type of the
   * field, whether it is optional, where it ends. `labels` has the names of these values for errors, with NUL between them.
   */
  joinOpen(
    transaction: Handle,
    build: Handle,
    probe: Handle,
    plan: Uint32Array,
    labels: string,
    type: number,
    maxTableBytes: number,
    flags: number,
  ): Handle;
  /**
   * Gives the next `count` entries of a side, before `joinBuild` is called: `lengths` has the bytes of the key and of the value
   * of each, and `bytes` has these, `size` in all, one behind the other. Entries are numbered from 0 on; where pairs have a row of
   * the side, the row begins with the number, then 1.
   */
  joinGive(join: Handle, isProbe: boolean, lengths: Uint32Array, count: number, bytes: Uint8Array, size: number): true;
  /** Reads about `entries` entries of the build side. True when the whole side has been read, so that pairs can be asked for. */
  joinBuild(join: Handle, entries: number): boolean;
  /**
   * Lends the next pairs, at most `rows`, to two leases. Returns how many, 0 at the end, or NEEDS_TABLE. A row without a key
   * means that there is no entry. The control block describes the probe side's lease, and CONTROL_OTHER_… the build side's.
   * PRIVATE_ROW means that the pairs must be copied (with `copies`, always). Then `joinTake` copies CONTROL_ROWS of them, to memory of
   * CONTROL_KEY_LENGTH bytes for the build side and CONTROL_VALUE_LENGTH bytes for the probe side.
   */
  joinNext(join: Handle, buildLease: object, probeLease: object, rows: number, copies: boolean): number;
  /** Copies pairs. Each memory gets the rows of its side, then the bytes that they refer to. */
  joinTake(join: Handle, rows: number, buildMemory: ArrayBuffer, probeMemory: ArrayBuffer): true;
  /** How many pairs are left. */
  joinCount(join: Handle): number;
  joinClose(join: Handle): true;
}
