import type { EnvironmentState } from './environment-state.ts';
import { OpenRead } from './open-read.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { writingOf } from './open-write.ts';

/** Calls `fn` with the write transaction that is open on this handle; or with a read transaction of the newest version. */
export function readNewest<T>(environment: EnvironmentState, fn: (transaction: OpenTransaction) => T): T {
  environment.checkOpen();
  const writing = writingOf(environment);
  if (writing !== undefined) return fn(writing);
  const transaction = new OpenRead(environment, false);
  try {
    return fn(transaction);
  } finally {
    // First, without a call: if there is no stack to end it, the next one that begins does.
    transaction.nextEnding = environment.ending;
    environment.ending = transaction;
    transaction.end();
  }
}
