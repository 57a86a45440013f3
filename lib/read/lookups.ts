import { answered, native } from '../native/native.ts';
import { getPrivate } from '../transaction/copied-reads.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { withKey, withPair } from './encoded.ts';
import type { OpenCollection } from './open-collection.ts';

/**
 * The value of the key that is at `offset` in the writer, if no memory is lent for it: it is shared by all readers, or copied. In the given
 * transaction or else in a new one; undefined if the key is absent.
 */
export function getUnlent(
  collection: OpenCollection,
  transaction: OpenTransaction | undefined,
  offset: number,
  length: number,
): unknown {
  if (collection.sharing !== undefined) return collection.getShared(transaction, offset, length);
  if (transaction === undefined) return getAlone(collection, offset, length);
  return getPrivate(transaction.handle, collection.id, collection.valueIn(transaction), offset, length);
}

/** A function of its own: every call of a function with closures allocates memory for them. */
function getAlone(collection: OpenCollection, offset: number, length: number): unknown {
  return collection.reading(undefined, (own) => getUnlent(collection, own, offset, length));
}

/** See `Collection.has`. */
export function has(collection: OpenCollection, key: unknown, transaction: OpenTransaction | undefined): boolean {
  return withKey(collection, key, (offset, length) =>
    collection.reading(transaction, ({ handle }) => answered(native.has(handle, collection.id, offset, length))),
  );
}

/** See `Collection.hasValue`. */
export function hasValue(
  collection: OpenCollection,
  key: unknown,
  value: unknown,
  transaction: OpenTransaction | undefined,
): boolean {
  return withPair(collection, key, value, (keyAt, keyLength, bytes, offset, length) =>
    collection.reading(transaction, ({ handle }) =>
      native.hasPair(handle, collection.id, keyAt, keyLength, bytes, offset, length),
    ),
  );
}
