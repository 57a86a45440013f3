import { LeaseholdError } from '../../base/errors.ts';
import type { Change, Tid } from '../../versions/engine/engine.ts';

/** Whether a cache that has gone on to the commit `at` has been told a commit. `ERR_SNAPSHOT_LOST` if it was told another one of that number. */
export function isKnown(
  at: Tid,
  nonceOf: (tid: Tid) => string | undefined,
  { tid, nonce }: Pick<Change, 'tid' | 'nonce'>,
): boolean {
  if (tid > at) return false;
  // Another process may have gone on in a history that the store has lost since, from a commit on that both had seen.
  if (nonceOf(tid) !== nonce) throw dropped('has another history');
  return true;
}

/** `ERR_SNAPSHOT_LOST` */
export function lost(): LeaseholdError {
  return dropped('was dropped by another process');
}

/** `ERR_SNAPSHOT_LOST`, and why the cache cannot be used. */
export function dropped(why: string): LeaseholdError {
  return new LeaseholdError('ERR_SNAPSHOT_LOST', `the cache ${why}: connect again to use it`);
}
