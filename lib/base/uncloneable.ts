import { invalidValue } from './errors.ts';
import { objectFreeze } from './primordials.ts';

/**
 * An own property of every sink and entry, whose value is a function. `structuredClone` and `postMessage` would make an empty
 * object of one, since they see no private fields and no getters; a function is what they refuse, naming it. In what a
 * program makes by copying own properties (`{ ...view }`), it tells what that is: `JSON.stringify` throws for it.
 */
export const MARK = '(leasehold)';

/** What no declaration shows, since it is of no use to a program. */
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

/** What is thrown for a copy of the own properties of what has the mark `mark`, or for that itself. `what` names it. */
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
