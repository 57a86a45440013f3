import { finalizationRegister } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { countLeak } from './leak-warnings.ts';
import type { ListedRead } from './open-lists.ts';

/** Growth of external memory, in bytes, at which V8 makes a full collection at once. */
const EVERYTHING = 64e9;

const forgotten = new FinalizationRegistry<ListedRead>(end);

function end(transaction: ListedRead): void {
  if (!transaction.open) return;
  countLeak(transaction);
  transaction.end();
}

/** From now on, ends a transaction with a warning once its `owner`, which should have ended it, has been collected. */
export function watch(transaction: ListedRead): void {
  if (transaction.owner === undefined) return;
  finalizationRegister(forgotten, transaction.owner, transaction);
  native.setOwner(transaction.handle, transaction.owner);
  transaction.owner = undefined;
  transaction.watched = true;
}

/**
 * Makes V8 collect, and ends those of a list of open transactions whose owners are gone. The FinalizationRegistry cannot do
 * that in the middle of a job. `used` is a transaction that is being read through, and is left open.
 */
export function endForgotten(first: ListedRead | undefined, used?: ListedRead): void {
  for (let transaction = first; transaction !== undefined; transaction = transaction.next) watch(transaction);
  native.provokeCollector(EVERYTHING);
  // A sink of another addon may end others of the list when it is told.
  for (let transaction = first; transaction?.open === true; ) {
    const { next } = transaction;
    if (transaction !== used && transaction.handle >= 0 && native.isForgotten(transaction.handle)) end(transaction);
    transaction = next;
  }
}
