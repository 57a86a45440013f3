import { invalidType, invalidValue } from '../base/errors.ts';
import { CHANGE_PUT } from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite, readInside } from '../transaction/in-write.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { changeKey } from './change.ts';
import { nextState } from './draft.ts';
import { checkSync, checkUpdated, toUpdate } from './updated.ts';

/** See `Collection.update`. `get` reads the key in the transaction that is current. */
export function update(
  collection: OpenCollection,
  key: unknown,
  fn: (value: never) => unknown,
  transaction: ChangingTransaction | undefined,
  get: () => unknown,
): unknown {
  checkUpdate(collection, fn);
  if (transaction === undefined) {
    return inWrite(collection.environment, (own) => update(collection, key, fn, own, get));
  }
  const old = readInside(transaction, get);
  const isShared = collection.sharing?.isShared(collection, old) === true;
  const value = updated(collection, old, isShared, fn);
  if (!isShared || old !== value) {
    // `fn` may have closed the environment.
    collection.environment.checkOpen();
    changeKey(collection, CHANGE_PUT, key, value, transaction, collection.expiry?.update);
  }
  return value;
}

/** Throws if a collection has no `update`, or if `fn` is not a function. */
function checkUpdate(collection: OpenCollection, fn: unknown): void {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  if (!collection.dupSort) return;
  throw invalidValue(
    `update() is for collections with one value a key, and ${collection.title} was made with dupSort: true; use delValue() and put()`,
  );
}

/**
 * What `fn` makes of a value: of a shared one by a draft, of any other by what it returns. A collection that shares its values gives copies of those
 * that freezing does not protect: then `fn` can change the copy and return nothing, as if it were a draft. Throws if that cannot be stored.
 */
function updated(
  collection: OpenCollection,
  value: unknown,
  isShared: boolean,
  fn: (value: never) => unknown,
): unknown {
  const call = (given: never): unknown => checkSync(fn(given), collection.environment.path);
  const next = isShared ? nextState(value, call) : call(toUpdate(value) as never);
  const isChanged = next === undefined && !isShared && collection.sharing !== undefined;
  return checkUpdated(isChanged ? value : next);
}
