import { invalidType, invalidValue } from '../base/errors.ts';
import type { AnyHints } from './hint-types.ts';

/** A copy of what a program has given: no getter, no other prototype, and no names at a place where nothing further is needed. */
export interface CheckedHints {
  readonly fields: readonly CheckedField[];
}

export interface CheckedField {
  readonly name: string;
  readonly hints: CheckedHints;
}

/** How deep hints are nested at most, and how many names they have. */
const DEEPEST = 32;
const MOST_NAMES = 1000;

/** Nothing further. */
export const NO_HINTS: CheckedHints = Object.freeze({ fields: Object.freeze([]) });

/** Copies hints of a program, or of a message. Undefined is `true`. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function checkHints(hints: unknown, name = 'hints'): CheckedHints {
  return hints === undefined ? NO_HINTS : copyHints(hints, name, 1, { left: MOST_NAMES });
}

function copyHints(hints: unknown, path: string, depth: number, names: { left: number }): CheckedHints {
  if (hints === true) return NO_HINTS;
  if (typeof hints !== 'object' || hints === null || Array.isArray(hints)) {
    throw invalidType(path, 'true, or an object of names of fields', hints);
  }
  if (depth > DEEPEST) throw invalidValue(`${path} is nested more than ${DEEPEST} levels deep`);
  const fields: CheckedField[] = [];
  for (const field of Object.keys(hints)) {
    if (--names.left < 0) throw invalidValue(`hints have at most ${MOST_NAMES} names`);
    const inner = (hints as Record<string, unknown>)[field];
    fields.push(Object.freeze({ name: field, hints: copyHints(inner, `${path}.${field}`, depth + 1, names) }));
  }
  return Object.freeze({ fields: Object.freeze(fields) });
}

/** The hints that `checkHints` has checked, as plain objects: what a message has. */
export function plainHints({ fields }: CheckedHints): AnyHints {
  if (fields.length === 0) return true;
  // The names may be any: '__proto__' too.
  return Object.fromEntries(fields.map(({ name, hints }) => [name, plainHints(hints)]));
}
