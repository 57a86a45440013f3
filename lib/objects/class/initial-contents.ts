import { invalidType } from '../../base/errors.ts';
import { weakMapGet, weakMapSet } from '../../base/primordials.ts';

/** What the constructors of collections got to begin with. They run before there is a handle, so that the collections are filled afterwards. */
const contents = new WeakMap<object, unknown>();

/** To be called by the constructor of a collection: what it has at first. */
export function setInitial(collection: object, initial: unknown): void {
  weakMapSet(contents, collection, initial);
}

/** What `setInitial` got for a collection, once; undefined if it was not called. */
export function takeInitial(collection: object): unknown {
  const initial = weakMapGet(contents, collection);
  if (initial !== undefined) weakMapSet(contents, collection, undefined);
  return initial;
}

/**
 * Sets what a collection has at first: the elements of an iterable, as they are now. The options of the collection can stand in its place. Returns the options.
 * `ERR_INVALID_ARG_TYPE`.
 */
export function takeElements<O>(
  collection: object,
  elements: Iterable<unknown> | O | null | undefined,
  options?: O,
): O | undefined {
  if (elements === undefined || elements === null) return options;
  if (isIterable(elements)) setInitial(collection, [...elements]);
  else if (options === undefined) return elements as O;
  else throw invalidType('what a collection has at first', 'an iterable', elements);
  return options;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value === 'string') return true;
  return (
    typeof value === 'object' && value !== null && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function'
  );
}
