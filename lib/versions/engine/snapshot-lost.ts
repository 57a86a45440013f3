import { LeaseholdError } from '../../base/errors.ts';
import type { Tid } from './engine.ts';

/** The error for reading a database as of a commit that it does not have, or whose snapshot nobody has kept. */
export function snapshotLost(at: Tid, newest: Tid, path: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_SNAPSHOT_LOST',
    at > newest
      ? `the database has no commit ${at}, but only ${newest}: it was restored from a copy, or has lost commits`
      : `nobody has held the snapshot of commit ${at}, which is gone: read again as of ${newest}`,
    { path },
  );
}
