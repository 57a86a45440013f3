import type { Handle } from '../handles.ts';

/** Leases of a transaction, and moving them to the heap when it has ended. */
export interface LeaseFunctions {
  /** How many leases and leased Buffers are on its list, including those that nothing holds any more. */
  leaseCount(transaction: Handle): number;
  /** Counts the leases that something holds, into CONTROL_ROWS, and the bytes that they cover, into CONTROL_BYTES (and _HIGH). */
  leaseStat(transaction: Handle): true;
  /** Takes leases that nothing holds off the list. Returns how many are left. */
  sweep(transaction: Handle): number;
  /**
   * For a transaction with `invalidate`: detaches its leased Buffers, and tells the sinks of other addons. Some Buffers must be detached
   * by JavaScript: plain copies, and with `canTransfer` all. Each call returns one of these; null when there are no more.
   */
  detachBuffers(transaction: Handle, canTransfer: boolean): ArrayBuffer | null;
  /**
   * The next lease of an ended transaction that something still holds; true when there is none. CONTROL_ROWS and
   * CONTROL_BYTES (and _HIGH, the upper 32 bits) say how much must be copied to move it. It stays the next one until `moveLease` or
   * `dropLease` is called. Leased Buffers are moved (or detached) before the leases, and sinks of other addons are asked after them. So that
   * no call takes long, the call may do only some of that, and return null.
   */
  nextLease(transaction: Handle): object | null | true;
  /** Copies the rows of the next lease, then its bytes, into `memory`, and takes the lease off the list. */
  moveLease(transaction: Handle, memory: ArrayBuffer): true;
  dropLease(transaction: Handle): true;
  /** To be called when no lease is left: releases the snapshot. */
  drained(transaction: Handle): true;
}
