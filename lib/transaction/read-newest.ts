import type { EnvironmentState } from './environment-state.ts';
import { OpenRead } from './open-read.ts';
import type { OpenTransaction } from './open-transaction.ts';
import { writingOf } from './open-write.ts';

/** Calls `fn` with the write transaction that is open on this handle, or else with a new read transaction, which ends after `fn`. */
export function readNewest<T>(environment: EnvironmentState, fn: (transaction: OpenTransaction) => T): T {
  environment.checkOpen();
  const writing = writingOf(environment);
  if (writing !== undefined) return fn(writing);
  const transaction = new OpenRead(environment, false);
  try {
    return fn(transaction);
  } finally {
    // First this, without a call: if the stack overflows in `end`, the next call that begins a transaction ends this one.
    transaction.nextEnding = environment.ending;
    environment.ending = transaction;
    transaction.end();
  }
}
