import { forget, forgetImports } from '../catalog/catalog.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_DROP } from '../native/constants.ts';
import { native } from '../native/native.ts';
import { changeFrom, changeWritten } from '../transaction/change.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import type { EncodedChange } from './encode.ts';

/**
 * Makes a change in a write transaction, after what the catalog remembers has been changed with it. Gives what
 * `native.change` gives: of a put 1 if the pair was stored, of a deletion how many there were.
 */
export function apply(transaction: OpenWrite, change: EncodedChange): number {
  const { collection, kind, foreign, keyAt, end } = change;
  if (kind <= CHANGE_APPEND) collection.tellCodecs(transaction);
  else if (kind === CHANGE_CLEAR) forgetImports(transaction, collection.name);
  else if (kind === CHANGE_DROP) forgetDropped(transaction, change);
  return foreign === undefined
    ? changeWritten(transaction, collection.id, kind, change.valueAt, keyAt, end)
    : changeFrom(transaction, collection.id, kind, foreign.bytes, foreign.offset, foreign.length, keyAt, end);
}

/** Throws where there is no collection to drop. */
function forgetDropped(transaction: OpenWrite, { collection }: EncodedChange): void {
  // From here on dropping fails only in ways that end the transaction. So what is remembered goes first, and no stack
  // overflow leaves it to a collection that is made anew under the name.
  native.collectionStat(transaction.handle, collection.id);
  if (collection.name !== '') forget(transaction, collection.name);
}
