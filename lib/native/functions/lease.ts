import type { Handle, SourceName } from '../handles.ts';

/** Leases of a source, and moving them to the heap before its memory changes or goes. */
export interface LeaseFunctions {
  /** How many leases and leased Buffers are on its lists, including those that nothing holds any more. */
  leaseCount(source: SourceName): number;
  /** Counts the leases that something holds, into CONTROL_ROWS, and the bytes that they cover, into CONTROL_BYTES (and _HIGH). */
  leaseStat(source: SourceName): true;
  /** Takes leases that nothing holds off the list. Returns how many are left. */
  sweep(source: SourceName): number;
  /**
   * For a source with `invalidate`: detaches its leased Buffers, and tells the sinks of other addons. Some Buffers must be detached
   * by JavaScript: plain copies, and with `canTransfer` all. Each call returns one of these; null when there are no more.
   */
  detachBuffers(source: SourceName, canTransfer: boolean): ArrayBuffer | null;
  /**
   * The next lease that something still holds; true when there is none. A transaction must have ended. CONTROL_ROWS and
   * CONTROL_BYTES (and _HIGH, the upper 32 bits) say how much must be copied to move it. It stays the next one until `moveLease` or
   * `dropLease` is called. Leased Buffers are moved (or detached) before the leases, and sinks of other addons are asked after them. So that
   * no call takes long, the call may do only some of that, and return null.
   */
  nextLease(source: SourceName): object | null | true;
  /** Copies the rows of the next lease, then its bytes, into `memory`, and takes the lease off the list. */
  moveLease(source: SourceName, memory: ArrayBuffer): true;
  dropLease(source: SourceName): true;
  /** To be called when no lease is left: releases the snapshot. */
  drained(transaction: Handle): true;
}
