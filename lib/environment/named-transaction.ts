import { LeaseholdError } from '../base/errors.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { currentAsyncRead } from '../transaction/async-reads.ts';
import { currentOf, type OpenTransaction } from '../transaction/open-transaction.ts';
import { type OpenWrite, writingOf } from '../transaction/open-write.ts';
import { openTransactionOf, openWriteOf, type Transaction, type WriteTransaction } from '../transaction/transaction.ts';

/** The transaction to which a read belongs; undefined if the read needs one of its own. */
export function readTransaction(
  { environment }: OpenCollection,
  txn: Transaction | undefined,
): OpenTransaction | undefined {
  environment.checkOpen();
  if (txn !== undefined) return openTransactionOf(environment, txn);
  return currentOf(environment) ?? currentAsyncRead(environment);
}

/** The transaction to which a write belongs; undefined if the write needs one of its own. `ERR_READ_ONLY`. */
export function writeTransaction(
  { environment }: OpenCollection,
  txn: WriteTransaction | undefined,
): OpenWrite | undefined {
  environment.checkOpen();
  if (txn === undefined) return writingOf(environment);
  const transaction = openWriteOf(environment, txn) ?? openTransactionOf(environment, txn);
  if (!transaction.writes) {
    throw new LeaseholdError('ERR_READ_ONLY', 'txn is a read transaction: write inside env.write()', {
      path: environment.path,
    });
  }
  return transaction as OpenWrite;
}
