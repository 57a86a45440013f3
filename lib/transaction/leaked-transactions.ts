import { finalizationRegister } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { countLeak } from './leak-warnings.ts';
import type { ListedRead } from './open-lists.ts';

/** The growth outside of its heap for which V8 collects everything at once. */
const EVERYTHING = 64e9;

const forgotten = new FinalizationRegistry<ListedRead>(end);

function end(scope: ListedRead): void {
  if (!scope.open) return;
  countLeak(scope);
  scope.end();
}

/** Ends a transaction, with a warning, once the object that should have ended it has been collected. */
export function watch(scope: ListedRead): void {
  if (scope.owner === undefined) return;
  finalizationRegister(forgotten, scope.owner, scope);
  native.setOwner(scope.handle, scope.owner);
  scope.owner = undefined;
  scope.watched = true;
}

/**
 * Ends those of a list of open transactions that are forgotten, as far as a collection can tell. In the middle of a job
 * the registry does not, however many have been forgotten in it. `used` is one that is being read through.
 */
export function endForgotten(first: ListedRead | undefined, used?: ListedRead): void {
  for (let scope = first; scope !== undefined; scope = scope.next) watch(scope);
  native.provokeCollector(EVERYTHING);
  // A sink of another addon that is told may end others.
  for (let scope = first; scope?.open === true; ) {
    const { next } = scope;
    if (scope !== used && scope.handle >= 0 && native.isForgotten(scope.handle)) end(scope);
    scope = next;
  }
}
