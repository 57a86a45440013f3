import { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { LeaseholdError } from '../base/errors.ts';
import { type AnyFunction, uncurryThis, weakMapGet, weakMapSet, weakSetAdd, weakSetHas } from '../base/primordials.ts';
import type { EnvironmentState } from './environment-state.ts';
import type { OpenRead } from './open-read.ts';
import type { ReadTransaction } from './transaction.ts';

/*
 * Calls that name no transaction belong to the env.read(fn) that they are made in. While fn runs, `environment.current` says which
 * that is. For what an async function does after an `await`, AsyncLocalStorage does.
 *
 * On Node 20 and 22 a storage that is in use makes every `await` of the process slower (from 60 to 220 ns, measured on Node
 * 20), so it is used from the first asynchronous read on, and never in a program that has none.
 */

interface AsyncRead {
  readonly transaction: OpenRead;
  /** The one that this was begun in, perhaps of another environment. */
  readonly outer: AsyncRead | undefined;
}

const { isAsyncFunction } = types;
const run: (storage: object, token: object, fn: AnyFunction, argument: unknown) => unknown = uncurryThis(
  AsyncLocalStorage.prototype.run as AnyFunction,
);
const getStore: (storage: object) => object | undefined = uncurryThis(AsyncLocalStorage.prototype.getStore);

/** A program can get at what a storage holds: tokens, which tell it nothing. */
const storage = new AsyncLocalStorage<object>();
const reads = new WeakMap<object, AsyncRead>();
/** The reads whose functions have returned a promise. What a synchronous one has started, a timer say, is no part of it. */
const asynchronous = new WeakSet<OpenRead>();
let tracking = false;

/** Calls `fn`, and has what it does after an `await` belong to `transaction`, if it is or may be asynchronous. */
export function readWith<T>(transaction: OpenRead, fn: (txn: ReadTransaction) => T, txn: ReadTransaction): T {
  if (!tracking) {
    if (!isAsyncFunction(fn)) return fn(txn);
    tracking = true;
  }
  const token = {};
  weakMapSet(reads, token, { transaction, outer: innermost() });
  return run(storage, token, fn as AnyFunction, txn) as T;
}

/**
 * To be called when the function of a read has returned a promise. If it was not tracked, later ones are: what this one does
 * after an `await` cannot be told from what others do meanwhile.
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
 * The transaction of the asynchronous env.read that the running code was called from, undefined if there is none.
 * `ERR_TXN_ENDED` if it has ended.
 */
export function currentAsyncRead(environment: EnvironmentState): OpenRead | undefined {
  if (!tracking) return undefined;
  for (let read = innermost(); read !== undefined; read = read.outer) {
    if (read.transaction.environment !== environment || !weakSetHas(asynchronous, read.transaction)) continue;
    if (read.transaction.open) return read.transaction;
    throw new LeaseholdError(
      'ERR_TXN_ENDED',
      'this call was made by code that an asynchronous env.read() started, and that transaction has ended. Await in the function ' +
        'all that it starts, or name a transaction in the call',
      { path: environment.path },
    );
  }
  return undefined;
}

function innermost(): AsyncRead | undefined {
  const token = getStore(storage);
  return token === undefined ? undefined : weakMapGet(reads, token);
}
