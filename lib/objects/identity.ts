import { invalidType } from '../base/errors.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { draftOf, handleOf, slots, viewOf } from './handle.ts';
import { BASE, type Handle, type State, TID } from './model.ts';
import type { ObjectBase } from './object-base.ts';
import { type SharedState, sharedState } from './shared-state.ts';
import { UNSTORED } from './view/view.ts';

const shown = new WeakMap<State, SharedState>();

/** Whether a value is an object of a persistent class, stored or not. A Proxy of one is none, except for the root itself. */
export function isPersistent(value: unknown): value is object {
  return handleOf(value) !== undefined;
}

/** The id of an object; undefined if it is not stored. It never changes, and no other object of the store ever gets it. `ERR_INVALID_ARG_TYPE`. */
export function idOf(object: object): number | undefined {
  const id = slots.id(persistentHandle(object));
  return id === 0 ? undefined : id;
}

/**
 * The state that an object shares with the objects of all views that see the same version of it: `stateOf(a) === stateOf(b)`. It is what is stored, whatever a
 * running transaction has changed. Undefined if nothing of the object is stored. `ERR_INVALID_ARG_TYPE`, `ERR_NO_OBJECT`, `ERR_TXN_ENDED`.
 */
export function stateOf(object: object): SharedState | undefined {
  const handle = persistentHandle(object);
  const view = viewOf(handle);
  const draft = draftOf(handle);
  if (view === UNSTORED || (draft !== undefined && draft[BASE] === undefined)) return undefined;
  const state = view.stateOf(handle);
  let known = weakMapGet(shown, state);
  if (known === undefined) {
    const id = slots.id(handle);
    const tid = state[TID];
    known = tid === 0 ? sharedState(id, tid) : (view.base as ObjectBase).sharedStates.get(id, tid);
    weakMapSet(shown, state, known);
  }
  return known;
}

function persistentHandle(object: unknown): Handle {
  const handle = handleOf(object);
  if (handle === undefined) throw invalidType('the object', 'an object of a persistent class', object);
  return handle;
}
