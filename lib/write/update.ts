import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { isThenable } from '../transaction/thenable.ts';
import { isStructView, plainOf } from '../value/struct/struct-view.ts';

/** What the function of `collection.update` gets: a plain object for a struct's record. */
export type Updatable<VView> = VView extends { toObject(): infer Plain extends object } ? Plain : VView;

/** Throws if a collection has no `update`, or if `fn` is not a function. */
export function checkUpdate(collection: OpenCollection, fn: unknown): void {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
  if (!collection.dupSort) return;
  throw invalidValue(
    `update() is for collections with one value a key, and ${collection.title} was made with dupSort: true; use delValue() and put()`,
  );
}

/** What `fn` returns for a value. Throws if that cannot be stored. */
export function updated<V>(collection: OpenCollection, value: unknown, fn: (value: never) => V): V {
  const shown = typeof value === 'object' && value !== null && isStructView(value) ? plainOf(value) : value;
  const next = fn(shown as never);
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
