import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds } from '../versions/engine/engine.ts';

/*
 * A part of a collection from one position to another. A position lies just before a key: that of `key` before it, and `key` followed by a zero byte just
 * behind it, since no key is between the two. So there are no open and closed bounds.
 */

export interface Part {
  readonly from: Uint8Array;
  /** Undefined: to the end. */
  readonly to: Uint8Array | undefined;
}

const START = new Uint8Array(0);

export function partOf({ lower, lowerOpen, upper, upperOpen }: ByteRange): Part {
  return {
    from: lower === undefined ? START : lowerOpen ? behind(lower) : lower,
    to: upper === undefined ? undefined : upperOpen ? upper : behind(upper),
  };
}

export function boundsOf({ from, to }: Part, reverse: boolean): EngineBounds {
  const lowerOpen = from.at(-1) === 0;
  const upperOpen = to?.at(-1) !== 0;
  return {
    lower: from.length === 0 ? undefined : lowerOpen ? from.subarray(0, -1) : from,
    lowerOpen,
    upper: upperOpen ? to : to?.subarray(0, -1),
    upperOpen: to !== undefined && upperOpen,
    reverse,
  };
}

/** The position behind a key. */
export function behind(key: Uint8Array): Uint8Array {
  const position = new Uint8Array(key.length + 1);
  position.set(key);
  return position;
}

export function isBefore(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b === undefined || Buffer.compare(a, b) < 0;
}

/** The one that ends first. */
export function firstEnd(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return a === undefined || (b !== undefined && isBefore(b, a)) ? b : a;
}

export function lastEnd(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return a === undefined || b === undefined ? undefined : isBefore(a, b) ? b : a;
}

/** What is left of a part behind another position: of its beginning, or in reverse of its end. */
export function without({ from, to }: Part, read: Part, reverse: boolean): Part | undefined {
  const rest = reverse ? { from, to: read.from } : { from: read.to, to };
  return rest.from !== undefined && isBefore(rest.from, rest.to) ? (rest as Part) : undefined;
}
