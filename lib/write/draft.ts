import { createRequire } from 'node:module';
import { invalidValue, type LeaseholdError } from '../base/errors.ts';

const { keys, is, hasOwn } = Object;
const { isArray } = Array;

let loaded: typeof import('mutative') | undefined;

/** Loaded with the first draft that needs it. The other build prints a warning whenever a function returns a value without drafts. */
function mutative(): typeof import('mutative') {
  loaded ??= createRequire(import.meta.url)(
    'mutative/dist/mutative.cjs.production.min.js',
  ) as typeof import('mutative');
  return loaded;
}

/**
 * Calls `fn` with a draft of a frozen state, and returns the next state: what `fn` returned, or if that is undefined the draft as `fn`
 * left it. If nothing was changed, that is the state itself. Only what `fn` touches is copied. Throws `ERR_INVALID_ARG_VALUE` if `fn` changes
 * the draft and returns another value: one of both would be lost.
 *
 * A draft of an object or an array with nothing but primitives in it is a plain copy: that takes a third of the time of mutative, and a quarter of
 * that of immer (ten fields, Node 20). Otherwise it is a draft of mutative, which is far faster than immer where an array is long.
 */
export function nextState(state: unknown, fn: (draft: never) => unknown): unknown {
  if (!isObject(state)) return fn(state as never);
  const isFlat = isArray(state) ? isFlatArray(state) : isFlatObject(state);
  if (!isFlat) return nextDeepState(state, fn);
  const draft: object = isArray(state) ? state.slice() : { ...state };
  const returned = fn(draft as never);
  const isSame = isArray(state) ? isSameArray(state, draft as unknown[]) : isSameObject(state, draft);
  if (returned === undefined || returned === draft) return isSame ? state : draft;
  if (!isSame) throw changedTwice();
  return returned;
}

/** A draft of a frozen value, and a function that ends the draft and returns what it is by then: the value itself if nothing was changed. */
export function createDraft(state: object): [draft: object, finish: () => unknown] {
  return mutative().create(state);
}

/** What a draft of `createDraft` is now, as a copy: the value itself if nothing was changed. The draft can be changed further. */
export function draftNow(draft: object): unknown {
  return mutative().current(draft);
}

function nextDeepState(state: object, fn: (draft: never) => unknown): unknown {
  const { create, current } = mutative();
  return create(state, (draft: object) => {
    const returned = fn(draft as never);
    if (returned !== undefined && returned !== draft && current(draft) !== state) throw changedTwice();
    return returned as object;
  });
}

function changedTwice(): LeaseholdError {
  return invalidValue(
    'the function given to update() has changed its draft and returned another value: do only one of both, or return the draft itself',
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isFlatArray(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (isObject(array[i])) return false;
  return true;
}

// By for-in, which is several times as fast as the names of Object.keys(). What it finds on the prototype does no harm here.
function isFlatObject(object: object): boolean {
  for (const name in object) if (isObject((object as Record<string, unknown>)[name])) return false;
  return true;
}

function isSameArray(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length || keys(b).length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!is(a[i], b[i])) return false;
  return true;
}

/** Whether two flat objects have the same properties with the same values, in whatever order. */
function isSameObject(a: object, b: object): boolean {
  for (const name in b) {
    const value = (b as Record<string, unknown>)[name];
    if (!is((a as Record<string, unknown>)[name], value)) return false;
    // Only here, since it takes time: `a` may have no such property.
    if (value === undefined && !hasOwn(a, name)) return false;
  }
  return keys(a).length === keys(b).length;
}
