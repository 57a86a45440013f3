import { CHANGES } from '../../catalog/own-collections.ts';
import type { Environment } from '../../environment/environment.ts';
import type { ReadTransaction } from '../../transaction/transaction.ts';

/** What was found in a collection. */
export interface Verified {
  collection: string;
  entries: number;
  problems: number;
  /** What the first of them are. */
  found: string[];
}

/**
 * Reads and decodes the log of changes, from its oldest commit to the newest one of a snapshot, and checks that none is missing in
 * between. Undefined if the database has no log.
 */
export async function verifyChanges(env: Environment): Promise<Verified | undefined> {
  const verified: Verified = { collection: CHANGES, entries: 0, problems: 0, found: [] };
  let last = 0;
  try {
    if (env.storeId === undefined) return undefined;
    last = env.read(({ tid }) => tid);
    if (last > 0) verified.entries = await read(env, 0, last);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && CODES.includes(error.code))) throw error;
    verified.problems = 1;
    verified.found.push(error.message);
  }
  return verified;
}

/** The tid of a snapshot, above which no version can be; Infinity if the log is so damaged that it does not say. */
export function lastTid(txn: ReadTransaction): number {
  try {
    return txn.tid;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && CODES.includes(error.code))) throw error;
    return Number.POSITIVE_INFINITY;
  }
}

const CODES: readonly unknown[] = ['ERR_CODEC', 'ERR_TOO_OLD', 'ERR_SNAPSHOT_LOST'];

/** Reads the commits after one to another, and returns how many there are. If the log begins later, reads from where it begins. */
async function read(env: Environment, after: number, last: number): Promise<number> {
  let count = 0;
  try {
    for await (const { tid } of env.changes({ after })) {
      count++;
      if (tid >= last) break;
    }
  } catch (error) {
    const oldest = error instanceof Error && 'oldest' in error ? (error.oldest as number) : 0;
    // Commits are missing at the beginning, and not behind one that is there.
    if (oldest - 1 <= after + count) throw error;
    return await read(env, oldest - 1, last);
  }
  return count;
}
