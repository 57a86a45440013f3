import { invalidValue } from './errors.ts';
import { objectFreeze } from './primordials.ts';

/**
 * An own property of every sink and entry, whose value is a function. `structuredClone` and `postMessage` see no private fields
 * and no getters, and would make an empty object of a sink. They refuse a function, and name it in the error. A copy of the
 * own properties (`{ ...view }`) has the property too, so the copy is recognised: `JSON.stringify` throws for it.
 */
export const MARK = '(leasehold)';

/** The property is in no public type, since programs have no use for it. */
export interface Marked {
  [MARK]: () => void;
}

export const SINK: () => void = marker(function useToBufferInstead() {});
export const LIST: () => void = marker(function useToArrayInstead() {});
export const VIEW: () => void = marker(function useToObjectInstead() {});
export const ENTRY: () => void = marker(function useKeyAndValueInstead() {});

function marker(fn: () => void): () => void {
  const toJSON = (): never => {
    throw madeByCopying('the value, or a part of it,', fn);
  };
  return objectFreeze(Object.assign(fn, { toJSON }));
}

/** The error for a copy of the own properties of a sink or an entry, or for the object itself. `mark` is its mark, `what` its name in the message. */
export function madeByCopying(what: string, mark: unknown): Error {
  const kind = KINDS.find(([of]) => of === mark)?.[1];
  if (kind !== undefined) return invalidValue(`${what} is ${kind}, or a copy of the properties of one`);
  return invalidValue(
    `${what} was made by copying a record's view ({ ...view } or Object.assign), which copies none of its fields, since they are ` +
      'read only when they are asked for: copy view.toObject() instead, or use collection.update(key, fn)',
  );
}

const KINDS: readonly (readonly [mark: () => void, kind: string])[] = [
  [SINK, 'a Key or a Value (use toBuffer())'],
  [LIST, 'a List (use toArray())'],
  [ENTRY, 'an entry (use its key or its value)'],
];
