import type { Foreign } from '../base/writer.ts';
import { forget, forgetImports, hasImports } from '../catalog/catalog.ts';
import {
  CHANGE_ADD,
  CHANGE_APPEND,
  CHANGE_CLEAR,
  CHANGE_DELETE,
  CHANGE_DELETE_IF,
  CHANGE_DROP,
  CHANGE_PUT_IF,
} from '../native/constants.ts';
import { native } from '../native/native.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite } from '../transaction/in-write.ts';
import { changeFrom, changeWritten } from '../transaction/native-change.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { readNewest } from '../transaction/read-newest.ts';

/**
 * Makes an encoded change in a transaction. Calls and imports make their changes here. `kind` is one of the CHANGE_ numbers. The value is
 * in the writer from `valueAt` to `keyAt`, or is `foreign`. The key is in the writer from `keyAt` to `end`. First changes
 * what the catalog remembers of the collection. Returns what `native.change` returns: for a put 1 if the pair was stored, for a deletion how
 * many entries.
 */
export function apply(
  transaction: ChangingTransaction,
  collection: OpenCollection,
  kind: number,
  foreign: Foreign | undefined,
  valueAt: number,
  keyAt: number,
  end: number,
): number {
  if (!transaction.writes) tellApart(collection, kind);
  else if (kind <= CHANGE_APPEND || kind === CHANGE_PUT_IF || kind === CHANGE_ADD) collection.tellCodecs(transaction);
  else if (kind === CHANGE_CLEAR) forgetImports(transaction, collection.name);
  else if (kind === CHANGE_DROP) forgetDropped(transaction, collection);
  const { handle } = transaction;
  return foreign === undefined
    ? changeWritten(handle, collection.id, kind, valueAt, keyAt, end)
    : changeFrom(handle, collection.id, kind, foreign.bytes, foreign.offset, foreign.length, keyAt, end);
}

/**
 * What `apply` does first for an optimistic transaction: changes the catalog in a transaction of its own. The catalog has no versions, so an
 * optimistic transaction cannot change it. That checkpoints of imports are deleted too early does no harm: the import begins anew.
 */
function tellApart(collection: OpenCollection, kind: number): void {
  const { environment, name } = collection;
  if (kind === CHANGE_CLEAR) {
    if (readNewest(environment, (reading) => hasImports(reading, name))) {
      inWrite(environment, (own) => forgetImports(own, name));
    }
  } else if (kind !== CHANGE_DELETE && kind !== CHANGE_DELETE_IF && collection.hasNews) {
    inWrite(environment, (own) => collection.tellCodecs(own));
  }
}

/** Deletes what the catalog remembers of a collection that is being dropped. Throws if there is no such collection. */
function forgetDropped(transaction: OpenWrite, collection: OpenCollection): void {
  // After this check, dropping the collection fails only in ways that end the transaction. So the catalog is changed first: a stack overflow
  // after the drop cannot leave old codecs to a new collection of the same name.
  native.collectionStat(transaction.handle, collection.id);
  if (collection.name !== '') forget(transaction, collection.name);
}
