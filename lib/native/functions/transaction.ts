import type { Handle, NativeEnvironment } from '../handles.ts';

/** Begins and ends transactions. */
export interface TransactionFunctions {
  /** Begins a read transaction. With `invalidate`, its Buffers are detached at its end. */
  readBegin(environment?: Handle, invalidate?: boolean): Handle;
  /** The snapshot's version. */
  transactionId(transaction: Handle): number;
  /** Ends a read transaction: it delivers no row any more. True if leases are left, which must be drained; undefined if not. */
  readEnd(transaction?: Handle): true | undefined;
  /** Tells native code which object should end the transaction. It refers to the object weakly. */
  setOwner(transaction: Handle, owner: object): true;
  /** Whether that object has been collected. */
  isForgotten(transaction: Handle): boolean;
  /**
   * Begins a write transaction: a child, if this thread has one open on the same environment. Waits for
   * other writers at most `lockTimeout` milliseconds.
   */
  writeBegin(environment: NativeEnvironment, lockTimeout: number): Handle;
  writeCommit(transaction: Handle): true;
  writeAbort(transaction: Handle): true;
}
