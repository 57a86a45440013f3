import type { Handle } from '../handles.ts';

/** What a transaction has lent, and how it is moved to the heap once the transaction has ended. */
export interface LeaseFunctions {
  /** How many leases and leased Buffers are on its list, those that nobody can reach included. */
  leaseCount(transaction: Handle): number;
  /** Counts the leases that something holds: CONTROL_ROWS of them, CONTROL_BYTES (and _HIGH) bytes. */
  leaseStat(transaction: Handle): true;
  /** Forgets leases that nobody can reach; gives how many are left. */
  sweep(transaction: Handle): number;
  /**
   * Detaches the leased Buffers of a transaction under `invalidate`, and tells the sinks of other addons. Those that have
   * to be detached here are given one at a time, null after the last: plain copies, and all with `canTransfer`.
   */
  detachBuffers(transaction: Handle, canTransfer: boolean): ArrayBuffer | null;
  /**
   * The next lease of an ended transaction that something still holds, true when there is none. CONTROL_ROWS and
   * CONTROL_BYTES (and _HIGH, the upper 32 bits) say what moving it takes. It stays the next one until `moveLease` or
   * `dropLease`. Leased Buffers are moved (or detached) first, and sinks of other addons asked last: null after a part of
   * that, so that no call takes long.
   */
  nextLease(transaction: Handle): object | null | true;
  /** Copies rows and bytes of the next lease into `memory`, rows first, and forgets the lease. */
  moveLease(transaction: Handle, memory: ArrayBuffer): true;
  dropLease(transaction: Handle): true;
  /** After the last lease has gone: gives the snapshot back. */
  drained(transaction: Handle): true;
}
