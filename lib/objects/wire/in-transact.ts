import { AsyncLocalStorage } from 'node:async_hooks';
import { type AnyFunction, uncurryThis, weakMapGet, weakMapSet } from '../../base/primordials.ts';

const run: (storage: object, token: object, fn: AnyFunction) => unknown = uncurryThis(
  AsyncLocalStorage.prototype.run as AnyFunction,
);
const getStore: (storage: object) => object | undefined = uncurryThis(AsyncLocalStorage.prototype.getStore);

/** A program can read what a storage holds. So it holds tokens, empty objects. */
const storage = new AsyncLocalStorage<object>();

interface Around {
  readonly base: object;
  readonly outer: object | undefined;
}

const arounds = new WeakMap<object, Around>();

/** Calls the function of a transaction of a store. What it does after an `await` belongs to the transaction too. */
export function runInTransact<T>(base: object, fn: () => T): T {
  const token = {};
  weakMapSet(arounds, token, { base, outer: getStore(storage) });
  return run(storage, token, fn as AnyFunction) as T;
}

/** Whether the running code belongs to a transaction of a store. */
export function isInTransact(base: object): boolean {
  for (let token = getStore(storage); token !== undefined; ) {
    const around = weakMapGet(arounds, token);
    if (around?.base === base) return true;
    token = around?.outer;
  }
  return false;
}
