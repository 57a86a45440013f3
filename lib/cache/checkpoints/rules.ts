import type { Change, Loaded, StateKey, StateWrite, Tid } from '../../versions/engine/engine.ts';
import { SINGLE_COMMITS } from '../../versions/engine/features.ts';
import { KnownChanges } from './known-changes.ts';
import { type Checkpoints, isSameCheckpoints, isSamePoint, type Point } from './point.ts';

/*
 * The rules of a cache that several processes share and that promises nothing: whatever was put into it may be gone at any moment. Its items are states of keys as of commits, and such an
 * item is true for ever, whoever puts it there and however late. So processes that disagree miss what others have put there; they never read anything stale. The design is
 * Shane Hathaway's, for RelStorage (2009).
 *
 *   P1  `known` has every change of the commits after its start, up to the newest one that was told.
 *   P2  The checkpoints are commits of the history that was told: c1 <= c0 <= newest.
 *   P3  The item of (key, commit, nonce of the commit) is the state of the key as of this commit, in the history that the nonce stands for.
 *
 * A key that has not changed after a commit p, and up to a commit S, has the same state as of both. That is all that is used below.
 *
 * Nothing here waits, reads a clock, or is random: the model in test/cache/checkpoints runs this code.
 */

/** With more changes than so many times the limit, both checkpoints move to the newest commit. */
const FAR = 4;
/** After so many rounds, checkpoints that are in the future are of a history that is no more. */
const MOST_FUTURE = 200;

/** What a process knows. */
export interface CheckpointState {
  readonly known: KnownChanges;
  readonly checkpoints: Checkpoints;
}

/** The commits as of which the cache is asked for a key: each gives the state that is wanted. What the second one has is stored as of the first one, too. */
export interface Look {
  readonly first: Point;
  readonly second: Point | undefined;
}

/** Nothing is known of what came before a commit. */
export function begin(point: Point): CheckpointState {
  return { known: new KnownChanges(point), checkpoints: { c0: point, c1: point } };
}

/** A commit was told. If the one before it was not, all is forgotten. */
export function told(state: CheckpointState, change: Change): CheckpointState {
  const { known } = state;
  if (change.tid !== known.newest.tid + 1) return begin({ tid: change.tid, nonce: change.nonce });
  known.add(change);
  return state;
}

/** What to ask the cache for, to read a key as of a commit up to the newest one. Undefined: it cannot have that. */
export function look({ known, checkpoints }: CheckpointState, key: StateKey, at: Tid): Look | undefined {
  const { c0, c1 } = checkpoints;
  const last = known.last(key, at);
  const least = last?.tid ?? 0;
  const hasState = ({ tid }: Point): boolean => least <= tid && tid <= at;
  const older = last ?? (hasState(c1) ? c1 : undefined);
  if (!hasState(c0)) return older === undefined ? undefined : { first: older, second: undefined };
  return { first: c0, second: older === undefined || isSamePoint(older, c0) ? undefined : older };
}

/** Whether a state that was loaded, or that the cache has, can be the state as of a commit: it is not newer. */
export function fits({ tid }: Pick<Loaded, 'tid'>, point: Point): boolean {
  return tid <= point.tid;
}

/** Whether a state that was loaded shows that a change of its key is not known. Of a key that is absent, nobody may know since when. */
export function isContradiction({ tid, bytes }: Pick<Loaded, 'tid' | 'bytes'>, point: Point): boolean {
  return bytes !== undefined && tid > point.tid;
}

/** Of the writes of a request, those that are the states of their keys as of its commit. */
export function ownStates(features: ReadonlySet<string>, writes: readonly StateWrite[]): readonly StateWrite[] {
  return features.has(SINGLE_COMMITS) ? writes.filter(({ adds }) => adds !== true) : [];
}

/** What the checkpoints in the cache mean for a process. */
export type Adoption =
  | { readonly kind: 'adopted'; readonly state: CheckpointState }
  /** The process has not been told yet that far, or it is a history that is no more. Its own checkpoints stay. */
  | { readonly kind: 'future' }
  /** Changes must be known from `c1` on: see `rebuilt`. */
  | { readonly kind: 'unknown' }
  /** They are commits of another history. */
  | { readonly kind: 'other' };

/** Takes the checkpoints that the cache has. */
export function adopt(state: CheckpointState, stored: Checkpoints): Adoption {
  const { known } = state;
  const { c0, c1 } = stored;
  if (c0.tid > known.newest.tid) return { kind: 'future' };
  if (c1.tid < known.start.tid) return { kind: 'unknown' };
  const isOurs = [c0, c1].every((point) => isSamePoint(known.point(point.tid) as Point, point));
  if (!isOurs) return { kind: 'other' };
  known.forget(c1.tid);
  return { kind: 'adopted', state: { known, checkpoints: stored } };
}

/** What a process knows that was given every commit from one on, that one included, up to the newest one that was told. Undefined if one is missing. */
export function rebuilt(before: CheckpointState | undefined, changes: readonly Change[]): CheckpointState | undefined {
  const [first, ...rest] = changes as [Change, ...Change[]];
  // The first commit of all comes after a point that has no nonce.
  const state = first.tid === 1 ? begin({ tid: 0, nonce: '' }) : begin({ tid: first.tid, nonce: first.nonce });
  for (const change of first.tid === 1 ? changes : rest) {
    if (told(state, change) !== state) return undefined;
  }
  const { known } = state;
  return { known, checkpoints: before?.checkpoints ?? { c0: known.newest, c1: known.newest } };
}

/** What the cache has in the place of the checkpoints, and what that means. */
export interface StoredCheckpoints {
  /** Undefined if there are none, or if they are damaged. */
  readonly stored: Checkpoints | undefined;
  readonly kind: Adoption['kind'];
  /** For how many rounds they have been in the future. */
  readonly rounds: number;
}

/** The checkpoints to put in the place of those that the cache has, unless another process does so first; undefined: those are right. `limit`: after how many changes they move. */
export function shifted(state: CheckpointState, cache: StoredCheckpoints, limit: number): Checkpoints | undefined {
  const { known, checkpoints } = state;
  const { newest } = known;
  const both: Checkpoints = { c0: newest, c1: newest };
  const { stored, kind, rounds } = cache;
  if (stored === undefined) return checkpoints;
  if (kind === 'future') return rounds > MOST_FUTURE ? both : undefined;
  if (kind !== 'adopted') return both;
  if (!isSameCheckpoints(stored, checkpoints)) return undefined;
  const size = known.changedAfter(checkpoints.c0.tid);
  if (size <= limit) return undefined;
  return size > FAR * limit ? both : { c0: newest, c1: checkpoints.c0 };
}

/** Without a cache that takes checkpoints, they move here alone, so that what is known stays bounded. */
export function bounded(state: CheckpointState, most: number): CheckpointState {
  return state.known.size > most ? begin(state.known.newest) : state;
}
