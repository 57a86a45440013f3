import type { NativeEnvironment } from '../handles.ts';

/** The commits that the log of changes still has: tids, 0 if there are none. */
export interface ChangeBounds {
  oldest: number;
  newest: number;
}

/** The log of changes, and waiting for the next commit. */
export interface FeedFunctions {
  /**
   * A copy of the record of the commit that comes after `after`. If there is no such commit yet, the number of the database's version that has
   * none, for `commitAfter`. Null if the log does not go on from `after`: that commit is no longer in the log, or not in this database.
   */
  changeAfter(environment: NativeEnvironment, after: number): ArrayBuffer | number | null;
  changeBounds(environment: NativeEnvironment): ChangeBounds;
  /**
   * Fulfilled when there may be a commit, of any process, that this version of the database does not have; or once `commitCancel` is called,
   * or the environment closed. Until then it keeps the event loop running.
   */
  commitAfter(environment: NativeEnvironment, version: number): Promise<void>;
  /** Fulfils what `commitAfter` has given for this environment. */
  commitCancel(environment: NativeEnvironment): true;
}
