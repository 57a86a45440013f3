import { Key } from '../key/key.ts';
import { isStructView, plainOf } from '../value/struct/struct-view.ts';
import { Value } from '../value/value.ts';

const { hasOwn } = Object;
const { isArray } = Array;

/** A value or a key as plain data: structs as objects, lists and tuples as arrays, bytes as a Uint8Array. */
export function asData(view: unknown): unknown {
  if (typeof view !== 'object' || view === null) return view;
  if (isStructView(view)) return plainOf(view);
  if (view instanceof Key) return view.toArray();
  if (view instanceof Value) return view.toBuffer();
  return view;
}

/** What stands at a path in plain data: own properties only, so that no name leads to a prototype. Undefined if there is nothing, or null. */
export function partOf(data: unknown, path: readonly (string | number)[]): unknown {
  let part: unknown = data;
  for (const step of path) {
    if (typeof part !== 'object' || part === null) return undefined;
    if (isArray(part) !== (typeof step === 'number') || !hasOwn(part, step)) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part ?? undefined;
}
