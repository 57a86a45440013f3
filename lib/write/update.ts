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
  const value = updated(collection, old, fn);
  if (collection.sharing === undefined || old !== value) {
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

/** What `fn` returns for a value or, if all readers share the value, what `fn` makes of a draft of it. Throws if that cannot be stored. */
function updated(collection: OpenCollection, value: unknown, fn: (value: never) => unknown): unknown {
  const next = collection.sharing === undefined ? fn(shown(value) as never) : nextState(value, fn);
  if (next === undefined) {
    throw invalidType('what the function given to update() returns', 'the value to store (del() removes one)', next);
  }
  if (isThenable(next)) {
    next.then(undefined, () => {});
    throw new LeaseholdError(
      'ERR_ASYNC_CALLBACK',
      'the function given to update() must not be async, since the value is stored when it returns; nothing was stored',
      { path: collection.environment.path },
    );
  }
  return next;
}
