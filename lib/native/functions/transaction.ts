import type { Handle, NativeEnvironment } from '../handles.ts';

/** Begins and ends transactions. */
export interface TransactionFunctions {
  /** Begins a read transaction; with `invalidate` its Buffers are detached at its end. */
  readBegin(environment?: Handle, invalidate?: boolean): Handle;
  /** The snapshot's version. */
  transactionId(transaction: Handle): number;
  /** Ends it: no row is delivered any more. True if leases are left, which then have to be drained; undefined if not. */
  readEnd(transaction?: Handle): true | undefined;
  /** Says what object is to end it, which is referred to weakly. */
  setOwner(transaction: Handle, owner: object): true;
  /** Whether a collection has taken its owner. */
  isForgotten(transaction: Handle): boolean;
  /**
   * Begins a write transaction, a child of the one that this thread has open on the same environment, if any. Waits for
   * other writers so many milliseconds at most.
   */
  writeBegin(environment: NativeEnvironment, lockTimeout: number): Handle;
  writeCommit(transaction: Handle): true;
  writeAbort(transaction: Handle): true;
}
