import { forget } from '../catalog/catalog.ts';
import { native } from '../native/native.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenWrite } from '../transaction/open-write.ts';

/** Removes a collection, and what is remembered of it. */
export function drop({ id, name }: OpenCollection, transaction: OpenWrite): void {
  // Throws where there is nothing to drop. From here on `native.drop` fails only in ways that end the transaction; so what
  // is remembered goes first, and no stack overflow leaves it to a collection that is made anew under the name.
  native.collectionStat(transaction.handle, id);
  if (name !== '') forget(transaction, name);
  native.drop(transaction.handle, id);
}
