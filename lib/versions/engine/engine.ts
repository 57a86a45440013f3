import type { Lease } from '../../lease/lease.ts';
import type { ByteRange } from '../../read/bounds.ts';
import type { RecordedCommit } from '../change-record.ts';
import type { RunTurns, Turn } from '../turn.ts';
import type { PipelineStep } from './pipeline-step.ts';

/*
 * What a store stands on: an environment, a server, PostgreSQL. Clients, objects and caches see only this interface. Keys and values are
 * bytes, collections have names, commits have numbers. test/versions/engine/ has the tests that every engine must pass.
 *
 * All calls throw, or reject with, what the engine failed with once it has failed, and `ERR_ENV_CLOSED` once it is closed.
 */

/** The number of a commit: a safe integer, 1 for the first one, then one more each time. 0 is the time before the first commit. */
export type Tid = number;

/** A key of a collection with versions. */
export interface StateKey {
  readonly collection: string;
  readonly key: Uint8Array;
}

/** The state of a key as of some commit: its bytes, or that it is absent. */
export interface Loaded extends StateKey {
  /** Since which commit the key has this state. If it is absent: since which commit the engine knows that it is, 0 for always. */
  readonly tid: Tid;
  /** Up to which commit, that one excluded. Undefined: no commit up to `processed()` has changed it. It may be less than what is true. */
  readonly next: Tid | undefined;
  /** The same bytes, with nothing copied, where the engine lends them. Undefined if it does not, or if the key is absent. */
  readonly lent?: LentValue | undefined;
  /** Undefined if the key is absent. The engine does not change this memory. Where the engine lends the bytes, each use of this copies them. */
  readonly bytes: Uint8Array | undefined;
}

/** The place of bytes in a lease, through which they can be read for ever. */
export interface LentValue {
  readonly lease: Lease;
  readonly at: number;
}

/** What a range gives of each key. */
export interface EngineRow {
  readonly key: Uint8Array;
  readonly tid: Tid;
  readonly bytes: Uint8Array;
}

/** Rows in the memory into which they were received: row `i` is at place `4 * i` of the lease, and its version (u64, little-endian) before its value. */
export interface LentRows {
  readonly lease: Lease;
  readonly length: number;
}

/** A part of a range. */
export interface RowBatch {
  /** The same rows, with nothing copied; undefined if the engine copies. Whoever keeps rows takes `rows`. */
  readonly lent?: LentRows | undefined;
  /** In the order of the range. */
  readonly rows: readonly EngineRow[];
  /** The range is complete up to this key, that one included. Undefined: to its end. */
  readonly complete: Uint8Array | undefined;
}

/** Which keys of a collection to read, and in which order. */
export interface EngineBounds extends ByteRange {
  readonly reverse?: boolean;
}

/** A commit, and what it changed. */
export interface Change extends RecordedCommit {
  readonly tid: Tid;
}

/** A state that a transaction has read. */
export interface ReadState extends StateKey {
  /** The commit that wrote it; 0 if the key was absent. */
  readonly tid: Tid;
}

/** A range that a transaction has read. */
export interface ReadRange {
  readonly collection: string;
  readonly range: ByteRange;
}

/** A change of a key. */
export interface StateWrite extends StateKey {
  /** Undefined: the key is deleted. */
  readonly bytes: Uint8Array | undefined;
  /**
   * The bytes are a number, as the row of a persistent collection has it (docs/format.md), and it is added to the one that is stored. So two that add are not in
   * conflict. `ERR_CODEC` if what is stored is no number; `ERR_INVALID_ARG_VALUE` in a collection whose values expire.
   */
  readonly adds?: boolean;
}

/** What a transaction has read and wants to write. */
export interface CommitRequest {
  /** From 1 to 255 bytes that no other commit has: random, as a rule. The log of changes keeps them. */
  readonly commitId: Uint8Array;
  /** The commit as of which the transaction has read. */
  readonly base: Tid;
  /** Must all be unchanged, or nothing is written. A key that is written is checked only if it stands here too. */
  readonly reads: readonly ReadState[];
  /** Nothing in them may have changed since `base`. */
  readonly ranges: readonly ReadRange[];
  readonly writes: readonly StateWrite[];
  /** Of a transaction that has met conflicts before. An engine that gives turns sets `isNext`. */
  readonly turn?: Turn | undefined;
}

/** Something that has changed since a transaction read it: a key, or something in a range. */
export type EngineConflict = StateKey | ReadRange;

/** The number of a commit, or why it was not made. */
export type CommitAnswer = { readonly tid: Tid } | readonly EngineConflict[];

/** See `Engine.onGap`. `rights`: given if the reader may see other things from now on; it tells readers apart that may not see the same. */
export type GapListener = (tid: Tid, nonce: string, rights?: string) => void;

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

export interface Engine {
  /** The id of the store. Stores with different ids have nothing in common. */
  readonly storeId: string;
  /** What this engine can do beyond the interface. */
  readonly features: ReadonlySet<string>;

  /**
   * The newest commit whose changes the engine has told. It moves in the same synchronous step in which the functions given to `onChange`
   * are called, just after them. It never goes back. Commits of this engine come back like those of others.
   */
  processed(): Tid;

  /**
   * Calls `take` with the states of keys as of a commit, in any order, each as soon as it is known, and is done then. A state must be in the
   * cache when `take` returns: a moment later, the engine may have told a commit that ends it. So this is no iterable: whoever awaits the next item is
   * late. `ERR_SNAPSHOT_LOST` if `at` is beyond `processed()`, or too long ago: go on at `processed()`.
   */
  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void>;

  /** The state of a key as of a commit, if this engine has it in a cache: `load` would give it without asking anybody. */
  known?(key: StateKey, at: Tid): Loaded | undefined;

  /**
   * Calls `take` with the states that the steps read, all with one question, in any order. It may leave out states, those of large values for example, and all that depends
   * on them: whoever needs these asks for them alone. Left out where `load` needs no trip to anybody. `ERR_SNAPSHOT_LOST`, `ERR_FORBIDDEN`.
   */
  pipeline?(steps: readonly PipelineStep[], at: Tid, take: (state: Loaded) => void): Promise<void>;

  /**
   * Gives persistent objects, and those to which their fields refer as far as hints name them, breadth first, with one question. It leaves out what it has given before and was not changed
   * since, what does not fit into the budget, and what the engine cannot follow: whoever needs these loads them. Left out where `load` needs no trip to
   * anybody. `ERR_SNAPSHOT_LOST`, `ERR_FORBIDDEN`.
   */
  follow?(request: FollowRequest, taker: FollowTaker): Promise<void>;

  /**
   * Calls `take` with the rows of a range as of a commit, in batches of about `credit` bytes. If `take` returns a promise, the next batch is read once
   * that is fulfilled; after false, no more. `ERR_SNAPSHOT_LOST` as for `load`, also in the middle.
   */
  range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void>;

  /**
   * Keeps what is needed to read as of a commit until the function that it returns is called. Without it, the engine keeps that for
   * as long as is convenient. `ERR_SNAPSHOT_LOST`; `ERR_BUSY` if too many are kept. An engine that cannot know at once calls `answered` when it does.
   */
  hold(at: Tid, answered?: (error: Error | undefined) => void): () => void;

  /**
   * Every commit after `after`, in order, none left out, beyond `processed()` too; then the next ones as they come. `ERR_TOO_OLD` if the engine
   * does not know all of them any more.
   */
  changes(after: Tid): AsyncIterable<Change>;

  /**
   * Calls `fn` for each commit, in the order of the tids, none left out but those of which `onGap` tells, before `processed()` moves to it. What `fn` throws is thrown apart, so
   * that nobody misses a commit. Returns a function that ends this.
   */
  onChange(fn: (change: Change) => void): () => void;

  /**
   * Calls `fn` with a commit and its nonce, when the engine cannot tell what came before that commit: the log of changes was trimmed before it was read. `processed()`
   * moves to that commit just afterwards. What was cached and has no end may have ended meanwhile. Returns a function that ends this.
   */
  onGap(fn: GapListener): () => void;

  /** Calls `fn` once, when the engine was closed, or has failed: it tells no commits any more. Drop what was cached, then. */
  onEnd(fn: (error: Error | undefined) => void): () => void;

  /**
   * Commits all writes, or nothing. Gives the tid, or what has changed since it was read. A commit is applied once: whoever lost the answer
   * asks again with the same id, and gets it. Without writes, it gives `base`: what was read is one snapshot.
   *
   * `ERR_TOO_OLD` if `base` is so long ago that the engine cannot know whether the commit was applied before. `ERR_SNAPSHOT_LOST` if `base` is beyond
   * `processed()`. `ERR_NO_COLLECTION`.
   */
  commit(request: CommitRequest): Promise<CommitAnswer>;

  /** What a new transaction waits for before its runs, where `commit` does not let those take turns that meet conflicts again and again. */
  turns?(): RunTurns;

  /** Takes `count` ids of objects, from the first to the last, which nobody gets again: not after a crash, and not in another process. */
  claimIds(count: number): Promise<[first: number, last: number]>;

  /** Ends everything that the engine holds. The promise is fulfilled when that is done. Closing twice does nothing. */
  close(): void | Promise<void>;
}
