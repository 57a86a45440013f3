import { answered, native } from '../native/native.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { withKey, withPair } from './encoded.ts';
import type { OpenCollection } from './open-collection.ts';

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
