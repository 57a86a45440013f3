import { aborted } from '../base/abort.ts';
import { invalidType, LeaseholdError } from '../base/errors.ts';
import { native } from '../native/native.ts';
import { currentTransact, transactWith } from '../transaction/async-reads.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { OpenTransact } from '../transaction/open-transact.ts';
import { transactionEnded, writingOf } from '../transaction/open-write.ts';
import { OptimisticTransaction } from '../transaction/transaction.ts';
import { TransactTurns } from './back-off.ts';
import { type CollectionById, type Conflict, conflictError, conflictsOf } from './conflict.ts';
import { type CheckedOptions, readTransactOptions, type TransactOptions } from './transact-options.ts';

type Body<T> = (txn: OptimisticTransaction) => T | PromiseLike<T>;
type Outcome<T> = { readonly value: T; readonly conflicts?: undefined } | { readonly conflicts: Conflict[] };

/**
 * Called when a commit has met conflicts: may read what others have committed, and change the transaction, which is open meanwhile. Returns whether
 * the commit is to be tried again; if not, the function of the transaction runs again.
 */
export type Repair = (conflicts: readonly Conflict[]) => boolean;

/** See `Environment.transact`. */
export async function transact<T>(
  environment: EnvironmentState,
  byId: CollectionById,
  fn: Body<T>,
  options: TransactOptions | undefined,
  repair?: Repair,
): Promise<T> {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  const checked = readTransactOptions(options);
  environment.checkOpen();
  const outer = currentTransact(environment);
  if (outer !== undefined) return join(outer, fn);
  if (writingOf(environment) !== undefined) {
    throw new LeaseholdError(
      'ERR_BUSY',
      'env.transact() cannot begin inside env.write(): what it reads would be older than what env.write() has written. Write with the ' +
        'transaction of env.write(), or call env.transact() after it',
      { path: environment.path },
    );
  }
  const turns = new TransactTurns(environment);
  try {
    for (let run = 1; ; run++) {
      const waits = turns.begin(run, checked.signal);
      if (waits !== undefined) await waits;
      environment.checkOpen();
      const outcome = await attempt(environment, byId, fn, checked, repair);
      if (outcome.conflicts === undefined) return outcome.value;
      if (run > checked.retries) throw conflictError(environment, outcome.conflicts, run);
    }
  } finally {
    turns.end();
  }
}

/** Throws `ERR_BUSY` inside a function of `env.transact()`. `call` writes to the database on its own. */
export function checkNotInTransact(environment: EnvironmentState, call: string): void {
  if (currentTransact(environment) === undefined) return;
  throw new LeaseholdError(
    'ERR_BUSY',
    `${call} inside env.transact() would be another transaction: what it writes would stay when this one fails or is repeated. Call put(), ` +
      'del() and so on directly: they belong to the transaction',
    { path: environment.path },
  );
}

/**
 * A transaction inside another one is a part of it. If it fails, the outer one cannot be committed: its function may catch the error, but some
 * of the work of the inner one is done.
 */
async function join<T>(outer: OpenTransact, fn: Body<T>): Promise<T> {
  try {
    return await fn(new OptimisticTransaction(outer));
  } catch (error) {
    outer.failure ??= { error };
    throw error;
  }
}

/** Runs the function once, and commits. */
async function attempt<T>(
  environment: EnvironmentState,
  byId: CollectionById,
  fn: Body<T>,
  { notesReads, retries, signal }: CheckedOptions,
  repair: Repair | undefined,
): Promise<Outcome<T>> {
  if (signal?.aborted) throw aborted(signal);
  const transaction = new OpenTransact(environment, notesReads);
  try {
    let value: T;
    try {
      value = await settled(transaction, fn, signal);
    } catch (error) {
      if (transaction.missed === undefined || transaction.isDone) throw error;
      return { conflicts: [transaction.missed] };
    }
    if (signal?.aborted) throw aborted(signal);
    environment.checkOpen();
    if (!transaction.open) throw transactionEnded();
    // First this: what its function has caught and thrown since may be the consequence.
    if (transaction.missed !== undefined) return { conflicts: [transaction.missed] };
    if (transaction.failure !== undefined) throw transaction.failure.error;
    if (!native.transactWrites(transaction.handle)) return { value };
    for (let commits = 0; ; commits++) {
      const conflicts = await commit(transaction, byId, repair !== undefined);
      if (conflicts === undefined) return { value };
      if (signal?.aborted) throw aborted(signal);
      if (repair === undefined || commits === retries || !repaired(transaction, conflicts, repair))
        return { conflicts };
    }
  } finally {
    transaction.end();
  }
}

/** Commits what a transaction has written, and gives the conflicts if there are any. `stays`: whether it is not ended, and only refuses calls. */
async function commit(
  transaction: OpenTransact,
  byId: CollectionById,
  stays: boolean,
): Promise<Conflict[] | undefined> {
  const { environment } = transaction;
  environment.beginAdding();
  const committed = native.transactCommit(transaction.handle, environment.native);
  // What the function has started and not awaited must not write any more: that would be lost.
  if (stays) transaction.open = false;
  else transaction.end();
  const answer = await committed;
  return answer === true ? undefined : conflictsOf(answer, byId);
}

function repaired(transaction: OpenTransact, conflicts: Conflict[], repair: Repair): boolean {
  if (transaction.isDone) return false;
  transaction.open = true;
  return repair(conflicts);
}

/** Waits for the function, or until the signal is aborted or the environment closed. */
function settled<T>(transaction: OpenTransact, fn: Body<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(aborted(signal));
      transaction.end();
    };
    const stop = () => signal?.removeEventListener('abort', abort);
    transaction.onEnd = () => {
      stop();
      if (!transaction.environment.isOpen) {
        reject(
          new LeaseholdError(
            'ERR_ENV_CLOSED',
            'the environment was closed while the transaction was open: nothing was written',
            {
              path: transaction.environment.path,
            },
          ),
        );
      }
    };
    signal?.addEventListener('abort', abort);
    call(transaction, fn).then(resolve, reject);
  });
}

/**
 * Calls the function. Only this call and the function refer to the user's object: if the function waits for something that nobody can
 * settle any more, the collector takes the object, and with it ends the transaction.
 */
async function call<T>(transaction: OpenTransact, fn: Body<T>): Promise<T> {
  const txn = new OptimisticTransaction(transaction);
  transaction.environment.endIfForgotten(txn, transaction);
  return (await transactWith(transaction, () => fn(txn))) as T;
}
