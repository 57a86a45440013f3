import { invalidType } from '../base/errors.ts';
import { bufferFrom } from '../base/platform.ts';
import { getPrivateBytes } from '../transaction/copied-reads.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import type { Transaction } from '../transaction/transaction.ts';
import { withKey } from './encoded.ts';
import type { OpenCollection } from './open-collection.ts';

/** See `Collection.getBuffer`. */
export function getBuffer(collection: OpenCollection, key: unknown, txn: Transaction | undefined): Buffer | undefined {
  const transaction = collection.readTransaction(txn);
  if (transaction === undefined)
    throw invalidType('txn', 'a transaction, since a leased Buffer needs one to lend it', txn);
  return withKey(collection, key, (offset, length) => {
    const memory = transaction.lends
      ? (transaction as OpenRead).getBuffer(collection.id, offset, length)
      : getPrivateBytes(transaction.handle, collection.id, offset, length)?.buffer;
    return memory === undefined ? undefined : bufferFrom(memory);
  });
}
