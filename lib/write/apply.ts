import type { Foreign } from '../base/writer.ts';
import { forget, forgetImports } from '../catalog/catalog.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_DROP, CHANGE_PUT_IF } from '../native/constants.ts';
import { native } from '../native/native.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenWrite } from '../transaction/open-write.ts';

/**
 * Makes an encoded change in a write transaction. Calls and imports make their changes here. `kind` is one of the CHANGE_ numbers. The value is
 * in the writer from `valueAt` to `keyAt`, or is `foreign`. The key is in the writer from `keyAt` to `end`. First changes
 * what the catalog remembers of the collection. Returns what `native.change` returns: for a put 1 if the pair was stored, for a deletion how
 * many entries.
 */
export function apply(
  transaction: OpenWrite,
  collection: OpenCollection,
  kind: number,
  foreign: Foreign | undefined,
  valueAt: number,
  keyAt: number,
  end: number,
): number {
  if (kind <= CHANGE_APPEND || kind === CHANGE_PUT_IF) collection.tellCodecs(transaction);
  else if (kind === CHANGE_CLEAR) forgetImports(transaction, collection.name);
  else if (kind === CHANGE_DROP) forgetDropped(transaction, collection);
  return foreign === undefined
    ? transaction.change(collection.id, kind, valueAt, keyAt, end)
    : transaction.changeFrom(collection.id, kind, foreign.bytes, foreign.offset, foreign.length, keyAt, end);
}

/** Deletes what the catalog remembers of a collection that is being dropped. Throws if there is no such collection. */
function forgetDropped(transaction: OpenWrite, collection: OpenCollection): void {
  // After this check, dropping the collection fails only in ways that end the transaction. So the catalog is changed first: a stack overflow
  // after the drop cannot leave old codecs to a new collection of the same name.
  native.collectionStat(transaction.handle, collection.id);
  if (collection.name !== '') forget(transaction, collection.name);
}
