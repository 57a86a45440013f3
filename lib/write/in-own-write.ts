import type { EnvironmentState } from '../transaction/environment-state.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { OpenWrite } from '../transaction/open-write.ts';

/**
 * Calls `fn` with the transaction that is given, or else with a new one. A new one is committed after `fn`, or rolled back if `fn`
 * throws. `fn` must run no user code: calls of user code would not belong to that transaction (see `inWrite`).
 */
export function inOwnWrite<T>(
  environment: EnvironmentState,
  transaction: ChangingTransaction | undefined,
  fn: (transaction: ChangingTransaction) => T,
): T {
  if (transaction !== undefined) return fn(transaction);
  const own = new OpenWrite(environment);
  try {
    const result = fn(own);
    own.commit();
    return result;
  } finally {
    own.open = false;
    own.abort();
  }
}
