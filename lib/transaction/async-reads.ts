import { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { LeaseholdError } from '../base/errors.ts';
import { type AnyFunction, uncurryThis, weakMapGet, weakMapSet, weakSetAdd, weakSetHas } from '../base/primordials.ts';
import type { EnvironmentState } from './environment-state.ts';
import type { OpenRead } from './open-read.ts';
import { OpenTransact } from './open-transact.ts';
import type { ReadTransaction } from './transaction.ts';

/*
 * A call that names no transaction belongs to the env.read(fn) in which it is made. While fn runs, `environment.current` is
 * that transaction. After an `await` of an async fn, AsyncLocalStorage tells which transaction it is.
 *
 * On Node 20 and 22 a storage that is in use makes every `await` of the process slower (220 ns in place of 60, measured on
 * Node 20). So the storage is used only from the first asynchronous read on. A program without one never uses it.
 */

interface AsyncRead {
  readonly transaction: OpenRead;
  /** The read inside which this one was begun; it may belong to another environment. */
  readonly outer: AsyncRead | undefined;
}

const { isAsyncFunction } = types;
const run: (storage: object, token: object, fn: AnyFunction, argument: unknown) => unknown = uncurryThis(
  AsyncLocalStorage.prototype.run as AnyFunction,
);
const getStore: (storage: object) => object | undefined = uncurryThis(AsyncLocalStorage.prototype.getStore);

/** A program can read what a storage holds. So the storage holds tokens, empty objects, and `reads` says what they mean. */
const storage = new AsyncLocalStorage<object>();
const reads = new WeakMap<object, AsyncRead>();
/** The reads whose functions have returned a promise. What a synchronous function starts (a timer, say) is not part of its read. */
const asynchronous = new WeakSet<OpenRead>();
let tracking = false;

/** Calls `fn`. If `fn` is or may be asynchronous, what it does after an `await` belongs to `transaction` too. */
export function readWith<T>(transaction: OpenRead, fn: (txn: ReadTransaction) => T, txn: ReadTransaction): T {
  if (!tracking) {
    if (!isAsyncFunction(fn)) return fn(txn);
    tracking = true;
  }
  const token = {};
  weakMapSet(reads, token, { transaction, outer: innermost() });
  return run(storage, token, fn as AnyFunction, txn) as T;
}

/** Calls the function of an optimistic transaction. What it does after an `await` belongs to `transaction` too. */
export function transactWith(transaction: OpenTransact, call: () => unknown): unknown {
  tracking = true;
  const token = {};
  weakMapSet(reads, token, { transaction, outer: innermost() });
  const { environment } = transaction;
  const outer = environment.current;
  environment.current = transaction;
  try {
    return run(storage, token, call as AnyFunction, undefined);
  } finally {
    environment.current = outer;
  }
}

/**
 * The optimistic transaction whose function called the running code; undefined if there is none. Throws `ERR_TXN_ENDED` if that
 * transaction has ended.
 */
export function currentTransact(environment: EnvironmentState): OpenTransact | undefined {
  const transaction = transactAround(environment);
  if (transaction !== undefined && !transaction.open) throw asyncEnded(environment, 'env.transact()');
  return transaction;
}

/** The same, also if it has ended. */
export function transactAround(environment: EnvironmentState): OpenTransact | undefined {
  if (!tracking) return undefined;
  for (let read = innermost(); read !== undefined; read = read.outer) {
    const { transaction } = read;
    if (transaction instanceof OpenTransact && transaction.environment === environment) return transaction;
  }
  return undefined;
}

/**
 * To be called when the function of a read has returned a promise. If the function was not tracked, what it does after an `await`
 * cannot be told from what others do meanwhile. Then a warning says so, and all later reads are tracked.
 */
export function isAsynchronous(transaction: OpenRead): void {
  weakSetAdd(asynchronous, transaction);
  if (tracking) return;
  tracking = true;
  process.emitWarning(
    'the function given to env.read() returned a promise, but is no async function. What it reads after an `await` without ' +
      'naming the transaction comes from another one. Declare it async, or name the transaction in each call. (From now on ' +
      'such functions are handled as async ones are.)',
    { type: 'LeaseholdWarning', code: 'LEASEHOLD_UNTRACKED_READ' },
  );
}

/**
 * The transaction of the asynchronous env.read(fn) that called the running code; undefined if there is none. Throws
 * `ERR_TXN_ENDED` if that transaction has ended.
 */
export function currentAsyncRead(environment: EnvironmentState): OpenRead | undefined {
  if (!tracking) return undefined;
  for (let read = innermost(); read !== undefined; read = read.outer) {
    const { transaction } = read;
    if (transaction.environment !== environment || !mayAwait(transaction)) continue;
    if (transaction.open) return transaction;
    throw asyncEnded(environment, 'an asynchronous env.read() or an env.transact()');
  }
  return undefined;
}

/** Whether a transaction outlives the call of its function. Every optimistic one does: so they are not put into the WeakSet, which takes time. */
function mayAwait(transaction: OpenRead): boolean {
  return transaction instanceof OpenTransact || weakSetHas(asynchronous, transaction);
}

function asyncEnded(environment: EnvironmentState, call: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_TXN_ENDED',
    `this call was made by code that ${call} started, and that transaction has ended. Await in the function all that it starts, or ` +
      'name a transaction in the call',
    { path: environment.path },
  );
}

function innermost(): AsyncRead | undefined {
  const token = getStore(storage);
  return token === undefined ? undefined : weakMapGet(reads, token);
}
