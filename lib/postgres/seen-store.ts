import type { SeenStore } from '../cache/history/seen-store.ts';
import type { Welcome } from './connection/servers.ts';
import type { PostgresWelcome } from './postgres-options.ts';

/** The name of a store, other than before if it was said to have another history. */
export function nameOf(storeId: string, epoch: number): string {
  return `${storeId}/${epoch}`;
}

/** Whether what a cache was told is of the same history, and all commits since can be told. */
export function resetOf(
  seen: SeenStore,
  storeId: string,
  { tid, log, before }: Pick<Welcome, 'tid' | 'log' | 'before'>,
): PostgresWelcome['reset'] {
  if (seen.storeId !== storeId || seen.tid > tid) return 'other-history';
  if (before !== undefined && before !== seen.nonce && seen.tid > 0) return 'other-history';
  return seen.tid < log ? 'too-old' : undefined;
}
