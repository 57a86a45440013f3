import { finalizationRegister } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { countLeak } from './leak-warnings.ts';
import type { ListedRead } from './open-lists.ts';

/** The growth outside of its heap for which V8 collects everything at once. */
const EVERYTHING = 64e9;

const forgotten = new FinalizationRegistry<ListedRead>(end);

function end(transaction: ListedRead): void {
  if (!transaction.open) return;
  countLeak(transaction);
  transaction.end();
}

/** Ends a transaction, with a warning, once the object that should have ended it has been collected. */
export function watch(transaction: ListedRead): void {
  if (transaction.owner === undefined) return;
  finalizationRegister(forgotten, transaction.owner, transaction);
  native.setOwner(transaction.handle, transaction.owner);
  transaction.owner = undefined;
  transaction.watched = true;
}

/**
 * Ends those of a list of open transactions that are forgotten, as far as a collection can tell. In the middle of a job
 * the registry does not, however many have been forgotten in it. `used` is one that is being read through.
 */
export function endForgotten(first: ListedRead | undefined, used?: ListedRead): void {
  for (let transaction = first; transaction !== undefined; transaction = transaction.next) watch(transaction);
  native.provokeCollector(EVERYTHING);
  // A sink of another addon that is told may end others.
  for (let transaction = first; transaction?.open === true; ) {
    const { next } = transaction;
    if (transaction !== used && transaction.handle >= 0 && native.isForgotten(transaction.handle)) end(transaction);
    transaction = next;
  }
}
