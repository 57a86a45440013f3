import type { Handle, NativeEnvironment } from '../handles.ts';

/** Begins and ends transactions. */
export interface TransactionFunctions {
  /** Begins a read transaction. With `invalidate`, leased Buffers are detached at its end. Default environment: see CONTROL_TRANSACTION. */
  readBegin(environment?: Handle, invalidate?: boolean): Handle;
  /** The version of the transaction's snapshot. */
  transactionId(transaction: Handle): number;
  /** The tid of the newest commit that the transaction sees and that changed a versioned collection; 0 if there is none. */
  transactionTid(transaction: Handle): number;
  /** The id of the store, as hexadecimal digits; null if there is none yet. */
  storeId(transaction: Handle): string | null;
  /** Ends a read transaction. Returns true if leases are left, which must be drained, and undefined if there are none. */
  readEnd(transaction?: Handle): true | undefined;
  /** Tells native code which object should end the transaction. Native code refers to the object weakly. */
  setOwner(transaction: Handle, owner: object): true;
  /** Whether that object has been collected. */
  isForgotten(transaction: Handle): boolean;
  /**
   * Begins a write transaction. If this thread has one open on the same environment, begins a child of it. Waits for other writers at most
   * `lockTimeout` milliseconds.
   */
  writeBegin(environment: NativeEnvironment, lockTimeout: number): Handle;
  writeCommit(transaction: Handle): true;
  writeAbort(transaction: Handle): true;
}
