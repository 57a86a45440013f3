import { checkChoice, checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { isAsynchronous, readWith } from '../transaction/async-reads.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import type { OnEnd } from '../transaction/open-options.ts';
import { OpenRead } from '../transaction/open-read.ts';
import { isThenable } from '../transaction/thenable.ts';
import { ReadTransaction } from '../transaction/transaction.ts';

export interface ReadOptions {
  /** What happens to the sinks that are alive when the transaction ends. Default: the environment's `onEnd`. */
  onEnd?: OnEnd;
}

/** Begins a read transaction, which `Environment.read` returns if it gets no function. */
export function beginRead(environment: EnvironmentState, options: ReadOptions | undefined): ReadTransaction {
  environment.checkOpen();
  const onEnd = options === undefined ? environment.onEnd : readOnEnd(options, environment.onEnd);
  const transaction = new OpenRead(environment, onEnd === 'invalidate');
  // From here on, no call outside of `try`: if the stack overflowed in one, nobody would end the transaction.
  try {
    const txn = new ReadTransaction(transaction);
    environment.endIfForgotten(txn, transaction);
    return txn;
  } catch (error) {
    transaction.nextEnding = environment.ending;
    environment.ending = transaction;
    transaction.end();
    throw error;
  }
}

/** Calls a function with a read transaction. See `Environment.read`. */
export function readInFunction<T>(
  environment: EnvironmentState,
  fn: (txn: ReadTransaction) => T,
  options: ReadOptions | undefined,
): T {
  environment.checkOpen();
  const invalidate = readOnEnd(options, environment.onEnd) === 'invalidate';
  const transaction = new OpenRead(environment, invalidate);
  let txn: ReadTransaction;
  try {
    txn = new ReadTransaction(transaction);
    environment.endIfForgotten(txn, transaction);
  } catch (error) {
    transaction.nextEnding = environment.ending;
    environment.ending = transaction;
    transaction.end();
    throw error;
  }
  const outer = environment.current;
  environment.current = transaction;
  // Whether the promise that fn returned ends the transaction. (Reading its `then` may run user code, which may throw.)
  let settles = false;
  try {
    const result = readWith(transaction, fn, txn);
    if (!isThenable(result)) return result;
    environment.current = outer;
    isAsynchronous(transaction);
    const settled = result.then(
      (value) => {
        txn.end();
        return value;
      },
      (error) => {
        txn.end();
        throw error;
      },
    ) as T;
    settles = true;
    return settled;
  } finally {
    environment.current = outer;
    if (!settles) {
      if (transaction.nextEnding === null) {
        transaction.nextEnding = environment.ending;
        environment.ending = transaction;
      }
      transaction.end();
    }
  }
}

/** The `onEnd` of a read transaction. Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for wrong options. */
function readOnEnd(options: ReadOptions | undefined, otherwise: OnEnd): OnEnd {
  if (options === undefined) return otherwise;
  checkObject(options, 'options');
  checkOptionNames(options, ['onEnd'], 'read()');
  checkChoice(options.onEnd, 'onEnd', ['copy', 'invalidate']);
  return options.onEnd ?? otherwise;
}
