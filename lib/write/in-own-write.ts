import type { EnvironmentState } from '../transaction/environment-state.ts';
import { OpenWrite } from '../transaction/open-write.ts';

/**
 * Calls `fn` with the write transaction that is given, or else with a new one, which is committed after `fn`, or rolled back if `fn`
 * throws. For `fn` that runs no user code: calls that it made would not belong to that transaction (see `inWrite`).
 */
export function inOwnWrite<T>(
  environment: EnvironmentState,
  transaction: OpenWrite | undefined,
  fn: (transaction: OpenWrite) => T,
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
