import { invalidType, LeaseholdError } from '../base/errors.ts';
import { isThenable } from '../transaction/thenable.ts';
import { isStructView, plainOf } from '../value/struct/struct-view.ts';

/*
 * What the function of an `update()` gets, and what it may return.
 */

/** What the function of `collection.update` gets: a plain object for a struct's record. */
export type Updatable<VView> = VView extends { toObject(): infer Plain extends object } ? Plain : VView;

/** A value as the function gets it. */
export function toUpdate(value: unknown): unknown {
  return typeof value === 'object' && value !== null && isStructView(value) ? plainOf(value) : value;
}

/** What the function has returned. `ERR_ASYNC_CALLBACK` for a promise; the error has `path`, if it is given. */
export function checkSync(returned: unknown, path?: string): unknown {
  if (!isThenable(returned)) return returned;
  returned.then(undefined, () => {});
  throw new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    'the function given to update() must not be async, since the value is stored when it returns; nothing was stored',
    { path },
  );
}

/** The value to store. `ERR_INVALID_ARG_TYPE` for undefined. */
export function checkUpdated<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw invalidType('what the function given to update() returns', 'the value to store (del() removes one)', value);
}
