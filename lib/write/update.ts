import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { CHANGE_PUT } from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite, readInside } from '../transaction/in-write.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { isThenable } from '../transaction/thenable.ts';
import { isStructView, plainOf } from '../value/struct/struct-view.ts';
import { changeKey } from './change.ts';
import { nextState } from './draft.ts';

/** What the function of `collection.update` gets: a plain object for a struct's record. */
export type Updatable<VView> = VView extends { toObject(): infer Plain extends object } ? Plain : VView;

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

function shown(value: unknown): unknown {
  return typeof value === 'object' && value !== null && isStructView(value) ? plainOf(value) : value;
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
  const call = (given: never): unknown => checkSync(collection, fn(given));
  const next = isShared ? nextState(value, call) : call(shown(value) as never);
  const isChanged = next === undefined && !isShared && collection.sharing !== undefined;
  const stored = isChanged ? value : next;
  if (stored !== undefined) return stored;
  throw invalidType('what the function given to update() returns', 'the value to store (del() removes one)', stored);
}

/** What `fn` returned. Throws `ERR_ASYNC_CALLBACK` for a promise. */
function checkSync(collection: OpenCollection, returned: unknown): unknown {
  if (!isThenable(returned)) return returned;
  returned.then(undefined, () => {});
  throw new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    'the function given to update() must not be async, since the value is stored when it returns; nothing was stored',
    { path: collection.environment.path },
  );
}
