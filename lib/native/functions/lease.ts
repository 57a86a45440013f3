import type { Handle, SourceName } from '../handles.ts';

/** The leases of a source. They are moved to the heap before the source's memory changes or goes. */
export interface LeaseFunctions {
  /** How many leases and leased Buffers are on the source's lists, including those that nothing holds any more. */
  leaseCount(source: SourceName): number;
  /** Counts the leases that something holds, into CONTROL_ROWS, and the bytes that they cover, into CONTROL_BYTES (and _HIGH). */
  leaseStat(source: SourceName): true;
  /** Removes leases that nothing holds from the list. Returns how many are left. */
  sweep(source: SourceName): number;
  /**
   * For a source with `invalidate`: detaches the source's leased Buffers, and tells the sinks of other addons. JavaScript must detach some
   * Buffers itself: plain copies, and with `canTransfer` all Buffers. Each call returns one of these, and null after the last.
   */
  detachBuffers(source: SourceName, canTransfer: boolean): ArrayBuffer | null;
  /**
   * The first lease of the next group that something still holds, and whose rows are not being handed out; true if there is none. It stays the next
   * group until `endGroup` is called. See lib/lease/group.ts.
   */
  nextGroup(source: SourceName): object | true;
  /** The rows of that group from the row `at` on belong to `lease`. From the group's last lease to its second one. */
  splitGroup(source: SourceName, lease: object, at: number): true;
  /** All rows that are left of the group belong to its first lease. */
  endGroup(source: SourceName): true;
  /**
   * The next lease that something still holds; true if there is none. If the source is a transaction, it must have ended. CONTROL_ROWS and
   * CONTROL_BYTES (with the upper 32 bits in _HIGH) say how much must be copied to move the lease. It stays the next lease until `moveLease`
   * or `dropLease` is called.
   *
   * Leased Buffers are moved before the leases, and sinks of other addons are asked after the leases. So that no call takes long, a call may
   * do only a part of this work, and then returns null. False if there are groups: these must be split first.
   */
  nextLease(source: SourceName): object | null | boolean;
  /** Copies the rows of the next lease, and then its bytes, to `memory`. Removes the lease from the list. */
  moveLease(source: SourceName, memory: ArrayBuffer): true;
  dropLease(source: SourceName): true;
  /** Releases the snapshot of an ended transaction. To be called when no lease is left. */
  drained(transaction: Handle): true;
}
