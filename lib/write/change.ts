import { writer } from '../base/writer.ts';
import { CHANGE_DELETE } from '../native/constants.ts';
import type { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { apply } from './apply.ts';
import { encodeClear, encodeDrop, encodePair } from './encode.ts';
import { inOwnWrite } from './in-own-write.ts';

/**
 * Changes one key, in the given write transaction or else in a new one. The arguments are those of `encodePair`. Returns what
 * `apply` returns.
 */
export function changeKey(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  transaction: OpenWrite | undefined,
): number {
  if (transaction === undefined) return changeKeyAlone(collection, kind, key, value);
  const start = writer.position;
  try {
    return apply(transaction, encodePair(collection, kind, key, value, transaction, false));
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** A function of its own, since a function with closures allocates their variables at every call. */
function changeKeyAlone(collection: OpenCollection, kind: number, key: unknown, value: unknown): number {
  const { environment } = collection;
  if (collection.hasSideData && kind !== CHANGE_DELETE) {
    return inWrite(environment, (own) => changeKey(collection, kind, key, value, own));
  }
  const start = writer.position;
  try {
    const change = encodePair(collection, kind, key, value, undefined, false);
    return inOwnWrite(environment, undefined, (own) => apply(own, change));
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** Deletes the entries of a range, and returns how many. */
export function clear(collection: OpenCollection, bounds: Bounds, transaction: OpenWrite | undefined): number {
  const start = writer.position;
  try {
    const change = encodeClear(collection, bounds);
    return inOwnWrite(collection.environment, transaction, (own) => apply(own, change));
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** Deletes a collection, and what is remembered of it. */
export function drop(collection: OpenCollection, transaction: OpenWrite | undefined): void {
  inOwnWrite(collection.environment, transaction, (own) => apply(own, encodeDrop(collection)));
}
