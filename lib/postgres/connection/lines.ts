import type { Line } from './line.ts';

/** The connections of an engine, each for one kind of statement, so that none of them waits for another kind. */
export interface Lines {
  /** Polls. */
  readonly watch: Line;
  /** Gets. */
  readonly read: Line;
  /** Ranges, and pieces of large values. */
  readonly bulk: Line;
  /** Commits. */
  readonly write: Line;
  /** Ids of objects, pieces of large values that are stored, sessions, and what throws away what nobody needs. */
  readonly keep: Line;
  /** Waits for the disk. */
  readonly flush: Line;
}
