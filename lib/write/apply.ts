import { forget, forgetImports } from '../catalog/catalog.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_DROP } from '../native/constants.ts';
import { native } from '../native/native.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import type { EncodedChange } from './encode.ts';

/**
 * Makes a change in a write transaction. First changes what the catalog remembers of the collection. Returns what
 * `native.change` returns: for a put 1 if the pair was stored, for a deletion how many entries.
 */
export function apply(transaction: OpenWrite, change: EncodedChange): number {
  const { collection, kind, foreign, keyAt, end } = change;
  if (kind <= CHANGE_APPEND) collection.tellCodecs(transaction);
  else if (kind === CHANGE_CLEAR) forgetImports(transaction, collection.name);
  else if (kind === CHANGE_DROP) forgetDropped(transaction, change);
  return foreign === undefined
    ? transaction.change(collection.id, kind, change.valueAt, keyAt, end)
    : transaction.changeFrom(collection.id, kind, foreign.bytes, foreign.offset, foreign.length, keyAt, end);
}

/** Deletes what the catalog remembers of a collection that is being dropped. Throws if there is no such collection. */
function forgetDropped(transaction: OpenWrite, { collection }: EncodedChange): void {
  // After this check, dropping the collection fails only in ways that end the transaction. So the catalog is changed first: a stack overflow
  // after the drop cannot leave old codecs to a new collection of the same name.
  native.collectionStat(transaction.handle, collection.id);
  if (collection.name !== '') forget(transaction, collection.name);
}
