import type { Handle } from '../handles.ts';

/** Joins two ranges. */
export interface JoinFunctions {
  /**
   * Begins a join of two sides in a read transaction. A side is a cursor of that transaction, which the join takes over, or -1 if `joinGive`
   * will give the entries. `plan` has five numbers for each value that is compared, with those of the build side first: the kind of the value
   * (ON_KEY_NUMBER, …), the index of the element, the type of the field, whether the field is optional, and the field's end. `labels` has
   * the names of these values for errors, separated by NUL.
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
   * Gives the next `count` entries of a side. To be called before `joinBuild`. `lengths` has the length of the key and of the value of each
   * entry. `bytes` has these keys and values one after the other, `size` bytes in all. Entries are numbered from 0 on. In the rows of such
   * a side, the first number is that of the entry, and the second is 1.
   */
  joinGive(join: Handle, isProbe: boolean, lengths: Uint32Array, count: number, bytes: Uint8Array, size: number): true;
  /** Reads about `entries` entries of the build side. Returns true once all are read: then pairs can be asked for. */
  joinBuild(join: Handle, entries: number): boolean;
  /**
   * Lends the next pairs, at most `rows`, to two leases. Returns how many, 0 at the end, NEEDS_TABLE or PRIVATE_ROW. A row without a key
   * means that the side has no entry. The control block describes the lease of the probe side, and CONTROL_OTHER_… that of the build side.
   *
   * PRIVATE_ROW means that the pairs must be copied; with `copies` it is always the answer. `joinTake` then copies CONTROL_ROWS pairs, to
   * CONTROL_KEY_LENGTH bytes of memory for the build side and CONTROL_VALUE_LENGTH bytes for the probe side.
   */
  joinNext(join: Handle, buildLease: object, probeLease: object, rows: number, copies: boolean): number;
  /** Copies pairs. The memory of each side gets the side's rows, and then the bytes that they describe. */
  joinTake(join: Handle, rows: number, buildMemory: ArrayBuffer, probeMemory: ArrayBuffer): true;
  /** How many pairs are left. */
  joinCount(join: Handle): number;
  joinClose(join: Handle): true;
}
