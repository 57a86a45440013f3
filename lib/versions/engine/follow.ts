import type { ByteRange } from '../../read/bounds.ts';
import type { EngineRow, Loaded, Tid } from './engine.ts';

/** Which persistent objects to fetch, and what with them. */
export interface FollowRequest {
  readonly ids: readonly number[];
  /** Names of fields to follow, nested, as JSON; `true`: none. */
  readonly hints: unknown;
  readonly at: Tid;
  /** About how many bytes to send at most. */
  readonly budget: number;
}

/** All rows of a range, as of the commit of the request. */
export interface FollowedRows {
  readonly collection: string;
  readonly range: ByteRange;
  readonly rows: readonly EngineRow[];
}

/** Takes what comes, in the call that gives it, as `take` of `Engine.load` does. */
export interface FollowTaker {
  state(state: Loaded): void;
  rows(rows: FollowedRows): void;
}
