import { native } from '../native/native.ts';
import { withKey } from '../read/encoded.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';

/** See `Collection.version`. */
export function versionOf(collection: OpenCollection, key: unknown, transaction: OpenTransaction | undefined): number {
  collection.checkVersions('version()');
  return withKey(collection, key, (offset, length) =>
    collection.reading(transaction, ({ handle }) => native.version(handle, collection.id, offset, length)),
  );
}
