import { types } from 'node:util';
import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, LeaseholdError } from '../base/errors.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import { checkLockTimeout } from '../transaction/open-options.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { isThenable } from '../transaction/thenable.ts';
import { WriteTransaction } from '../transaction/transaction.ts';

const { isAsyncFunction } = types;

export interface WriteOptions {
  /** Most milliseconds to wait for other writers. Default: the environment's `lockTimeout`. */
  lockTimeout?: number;
}

/** See `Environment.write`. */
export function write<T>(environment: EnvironmentState, fn: (txn: WriteTransaction) => T, options?: WriteOptions): T {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  const lockTimeout = readLockTimeout(options);
  environment.checkOpen();
  // An async function is not even called: what it did after an `await` would run outside of the transaction, and be committed.
  if (isAsyncFunction(fn)) throw asyncWrite(environment, 'it was not called');
  const run = (transaction: OpenWrite): T => {
    const result = fn(new WriteTransaction(transaction));
    if (isThenable(result)) {
      result.then(undefined, () => {});
      throw asyncWrite(
        environment,
        'what it has written so far was rolled back, but what it writes later is outside of the transaction',
      );
    }
    return result;
  };
  return inWrite(environment, run, lockTimeout);
}

function asyncWrite(environment: EnvironmentState, outcome: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    `the function given to env.write() must not be async, since the transaction ends when it returns: ${outcome}. Await what is ` +
      'needed before env.write(), or use env.batch()',
    { path: environment.path },
  );
}

function readLockTimeout(options: WriteOptions | undefined): number | undefined {
  if (options === undefined) return undefined;
  checkObject(options, 'options');
  checkOptionNames(options, ['lockTimeout'], 'write()');
  const { lockTimeout } = options;
  checkLockTimeout(lockTimeout);
  return lockTimeout;
}
