import type { EnvironmentState } from './environment-state.ts';
import type { OpenRead } from './open-read.ts';
import type { OpenTransact } from './open-transact.ts';
import type { OpenWrite } from './open-write.ts';

/**
 * What is behind a transaction that a user holds. Throughout the library, `txn` is the user's object (ReadTransaction,
 * WriteTransaction) and `transaction` this one.
 */
export type OpenTransaction = OpenRead | OpenWrite;

/** A transaction in which changes can be made. */
export type ChangingTransaction = OpenWrite | OpenTransact;

/** The transaction of calls on this environment that name none. */
export function currentOf(environment: EnvironmentState): OpenTransaction | undefined {
  return environment.current as OpenTransaction | undefined;
}
