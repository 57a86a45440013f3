import type { Handle } from '../handles.ts';

/** Joins two ranges. */
export interface JoinFunctions {
  /**
   * Joins two ranges of one read transaction; it takes their cursors over. `plan` has five numbers for each part of a
   * side, those of `build` first: where the value stands (ON_KEY_NUMBER, …), the number of the element, the type of the
   * field, whether it is optional, where it ends. `labels` names each part for errors, with NUL between them.
   */
  joinOpen(
    build: Handle,
    probe: Handle,
    plan: Uint32Array,
    labels: string,
    type: number,
    maxTableBytes: number,
    flags: number,
  ): Handle;
  /** Reads about so many entries of the build side; gives whether all is ready now for the calls that follow. */
  joinBuild(join: Handle, entries: number): boolean;
  /**
   * Lends the next pairs, at most `rows`, to two leases: how many, 0 at the end, or NEEDS_TABLE. A row without a key
   * stands for no entry. The control block speaks of the probe side's lease, and CONTROL_OTHER of the build side's.
   * PRIVATE_ROW if they are to be copied, with `copies` always: `joinTake` gets them, CONTROL_ROWS of them, to memory of
   * CONTROL_KEY_LENGTH bytes for the build side and CONTROL_VALUE_LENGTH for the probe side.
   */
  joinNext(join: Handle, buildLease: object, probeLease: object, rows: number, copies: boolean): number;
  /** Copies pairs: to each memory the rows, and behind them the bytes that they name. */
  joinTake(join: Handle, rows: number, buildMemory: ArrayBuffer, probeMemory: ArrayBuffer): true;
  /** How many pairs are left. */
  joinCount(join: Handle): number;
  joinClose(join: Handle): true;
}
