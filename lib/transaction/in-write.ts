import type { EnvironmentState } from './environment-state.ts';
import type { ChangingTransaction } from './open-transaction.ts';
import { OpenWrite } from './open-write.ts';

/**
 * Calls `fn` in a write transaction, a child of the open one if there is one. Calls in `fn` that name no transaction belong to
 * it. Commits when `fn` returns, and rolls back if `fn` throws. `ERR_BUSY` if other writers are not done within `lockTimeout` ms.
 */
export function inWrite<T>(environment: EnvironmentState, fn: (transaction: OpenWrite) => T, lockTimeout?: number): T {
  const transaction = new OpenWrite(environment, lockTimeout);
  const outer = environment.current;
  environment.current = transaction;
  environment.writing = transaction;
  let committed = false;
  try {
    const result = fn(transaction);
    environment.current = outer;
    environment.writing = transaction.outer;
    transaction.commit();
    committed = true;
    return result;
  } finally {
    environment.current = outer;
    environment.writing = transaction.outer;
    transaction.open = false;
    transaction.abort();
    if (environment.isOpen) transaction.settled(committed);
  }
}

/** Calls `fn`, in which reads that name no transaction belong to the given one, also where an `env.read(fn)` is around it. */
export function readInside<T>(transaction: ChangingTransaction, fn: () => T): T {
  const { environment } = transaction;
  const outer = environment.current;
  environment.current = transaction;
  try {
    return fn();
  } finally {
    environment.current = outer;
  }
}
