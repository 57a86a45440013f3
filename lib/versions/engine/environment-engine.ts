import { checkSize } from '../../base/check-arguments.ts';
import { microtask } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { native } from '../../native/native.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { decodeRecord } from '../change-record.ts';
import { Feed } from '../feed.ts';
import { storeId } from '../store-id.ts';
import type { RunTurns } from '../turn.ts';
import { CaughtUpTurns } from './caught-up-turns.ts';
import { claimIds } from './claimed-ids.ts';
import { CommitTurn, commit } from './commit.ts';
import type {
  Change,
  CommitAnswer,
  CommitRequest,
  Engine,
  EngineBounds,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from './engine.ts';
import { KeptSnapshots, type SnapshotLimits } from './kept-snapshots.ts';
import { EngineListeners } from './listeners.ts';
import { loadState } from './load-state.ts';
import { RecentChanges } from './recent-changes.ts';
import type { EngineSnapshot } from './snapshot.ts';
import { snapshotLost } from './snapshot-lost.ts';

/** Engines of an environment read at once, and hold snapshots. */
const FEATURES: ReadonlySet<string> = new Set(['sync', 'hold']);

const changeOf = (record: Uint8Array, tid: Tid): Change => ({ tid, ...decodeRecord(record, tid, () => true) });

/**
 * The engine on an environment of this process. It begins a snapshot whenever the log of changes has new commits, and tells them: see
 * `#advance`. As long as it is open, the event loop keeps running.
 */
export class EnvironmentEngine implements Engine {
  readonly storeId: string;
  readonly features: ReadonlySet<string> = FEATURES;
  readonly #environment: EnvironmentState;
  readonly #snapshots: KeptSnapshots;
  #recent: RecentChanges;
  readonly #listeners = new EngineListeners();
  #processed: Tid;
  #ended: { readonly error: Error | undefined } | undefined;
  #stopWaiting: (() => void) | undefined;

  /** `ERR_NO_COLLECTION` if the database has no collection with versions. */
  constructor(environment: EnvironmentState, limits: SnapshotLimits = {}) {
    this.#environment = environment;
    const id = storeId(environment);
    if (id === undefined) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        'the database has no collection with versions: make one with versions: true first',
        { path: environment.path },
      );
    }
    this.storeId = id;
    this.#snapshots = new KeptSnapshots(environment, limits);
    this.#processed = this.#snapshots.newest.tid;
    this.#recent = new RecentChanges(this.#processed);
    this.#wait();
  }

  processed(): Tid {
    return this.#processed;
  }

  /** The newest commit of the database, which may not be told yet. */
  newest(): Tid {
    this.#checkOpen();
    return native.changeBounds(this.#environment.native).newest;
  }

  /** Tells at once the commits of other threads and processes that were not told yet. Must not be called in the middle of a function of the user's. */
  catchUp(): void {
    if (this.newest() > this.#processed) this.#advance();
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void {
    this.#checkAt(at);
    for (const key of keys) take(this.#load(key, at));
  }

  /**
   * The state of a key, as `load` gives it. A large value is not copied: its memory is a leased Buffer's, which moves to the heap when the snapshot ends. So
   * whoever needs it for long holds the snapshot. `ERR_SNAPSHOT_LOST` as for `load`.
   */
  lend(key: StateKey, at: Tid): Loaded {
    this.#checkAt(at);
    return this.#load(key, at, true);
  }

  /** The newest snapshot if it has just the commits up to `at`, all of which were told: no state in it has a `next`. It may end when the next commit is told. */
  snapshotOf(at: Tid): EngineSnapshot | undefined {
    this.#checkOpen();
    const { newest } = this.#snapshots;
    return newest.tid === at && at === this.#processed ? newest : undefined;
  }

  /** Since which commit absent keys are known to be absent, if it is the same for all: otherwise 0. */
  get absentSince(): Tid {
    return this.#recent.isEmpty ? this.#recent.start : 0;
  }

  /** The next batch of a range, behind the key `after` if it is given. `ERR_SNAPSHOT_LOST` as for `range`. */
  rows(collection: string, bounds: EngineBounds, at: Tid, after: Uint8Array | undefined, credit: number): RowBatch {
    this.#checkAt(at);
    return this.#snapshotFor(collection, bounds, at).rows(collection, bounds, after, credit);
  }

  /** A snapshot in which a range is as it was as of a commit. `ERR_SNAPSHOT_LOST` as for `range`. */
  snapshotOfRange(collection: string, bounds: EngineBounds, at: Tid): EngineSnapshot {
    this.#checkAt(at);
    return this.#snapshotFor(collection, bounds, at);
  }

  /** How many keys a range has as of a commit. `ERR_SNAPSHOT_LOST` as for `range`. */
  count(collection: string, bounds: EngineBounds, at: Tid): number {
    this.#checkAt(at);
    return this.#snapshotFor(collection, bounds, at).count(collection, bounds);
  }

  /** The nonce of a commit up to `processed()`; undefined if the log of changes has it no more. */
  nonceOf(tid: Tid): string | undefined {
    return tid < 1 || tid > this.#processed ? undefined : this.changesBetween(tid - 1, tid)?.[0]?.nonce;
  }

  /** The commits after `after` and up to `upTo`; undefined if the log of changes does not have all of them any more. */
  changesBetween(after: Tid, upTo: Tid): Change[] | undefined {
    this.#checkOpen();
    const changes: Change[] = [];
    for (let tid = after + 1; tid <= upTo; tid++) {
      const record = native.changeAfter(this.#environment.native, tid - 1);
      if (record === null || typeof record === 'number') return undefined;
      changes.push(changeOf(new Uint8Array(record), tid));
    }
    return changes;
  }

  async range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    let after: Uint8Array | undefined;
    do {
      const batch = this.rows(collection, bounds, at, after, credit);
      after = batch.complete;
      if ((await take(batch)) === false) return;
    } while (after !== undefined);
  }

  hold(at: Tid): () => void {
    this.#checkAt(at);
    const { above } = this.#snapshots.around(at);
    if (above.tid !== at) throw this.#lost(at);
    const release = this.#snapshots.hold(above);
    if (release !== undefined) return release;
    throw new LeaseholdError('ERR_BUSY', 'too many snapshots are held: close views that are not needed any more');
  }

  /** The same; undefined if there is no snapshot of that commit, or too many are held. What nobody has changed since can be read all the same. */
  tryHold(at: Tid): (() => void) | undefined {
    if (at > this.#processed) return undefined;
    const { above } = this.#snapshots.around(at);
    return above.tid === at ? this.#snapshots.hold(above) : undefined;
  }

  changes(after: Tid): Feed<Change> {
    this.#checkOpen();
    checkSize(after, 'after', 0, Number.MAX_SAFE_INTEGER);
    return new Feed({ environment: this.#environment, read: changeOf, place: { tid: after }, signal: undefined });
  }

  onChange(fn: (change: Change) => void): () => void {
    this.#checkOpen();
    return this.#listeners.onChange(fn);
  }

  onGap(fn: GapListener): () => void {
    this.#checkOpen();
    return this.#listeners.onGap(fn);
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.#checkOpen();
    return this.#listeners.onEnd(fn);
  }

  /** `turn`: of several calls with nothing between them. */
  async commit(request: CommitRequest, turn?: CommitTurn): Promise<CommitAnswer> {
    this.#checkAt(request.base);
    return commit(this.#environment, request, turn ?? new CommitTurn(this.#environment, false));
  }

  turns(): RunTurns {
    return new CaughtUpTurns(this.#environment, () => this.catchUp());
  }

  async claimIds(count: number): Promise<[first: number, last: number]> {
    this.#checkOpen();
    return claimIds(this.#environment, count);
  }

  close(): void {
    this.#end(undefined);
  }

  #load(key: StateKey, at: Tid, lends: boolean = false): Loaded {
    const state = loadState(this.#snapshots, this.#recent, key, at, lends);
    if (state === undefined) throw this.#lost(at);
    return state;
  }

  /** A snapshot in which a range is as it was as of a commit. */
  #snapshotFor(collection: string, bounds: EngineBounds, at: Tid): EngineSnapshot {
    const { above, below } = this.#snapshots.around(at);
    if (!this.#recent.touches(collection, bounds, at, above.tid)) return above;
    if (below !== undefined && !this.#recent.touches(collection, bounds, below.tid, at)) return below;
    throw this.#lost(at);
  }

  #wait(): void {
    const { waits } = this.#environment;
    const stop = this.#stopWaiting;
    this.#stopWaiting = waits.add(this.#snapshots.newest.version, () => {
      // Not now: a commit of this thread may be what calls this, in the middle of the user's function.
      microtask(() => this.#advance());
    });
    stop?.();
  }

  /**
   * Tells the commits that are new, one after the other, in one synchronous step: whoever reads `processed()` outside of this step can read
   * as of that commit, and has been told everything up to it.
   */
  #advance(): void {
    if (this.#ended !== undefined) return;
    try {
      this.#environment.checkOpen();
      const { tid } = this.#snapshots.renew();
      const changes = this.changesBetween(this.#processed, tid);
      if (changes === undefined) this.#skipTo(tid);
      else this.#tellAll(changes);
      this.#snapshots.trim();
      if (this.#ended === undefined) this.#wait();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #tellAll(changes: readonly Change[]): void {
    for (const change of changes) this.#recent.add(change);
    for (const change of changes) {
      this.#listeners.change(change);
      this.#processed = change.tid;
    }
    this.#recent.trim();
  }

  /** The log of changes was trimmed before it was read: nobody knows what the commits up to this one have changed. */
  #skipTo(tid: Tid): void {
    this.#recent = new RecentChanges(tid);
    this.#listeners.gap(tid, this.changesBetween(tid - 1, tid)?.[0]?.nonce ?? '');
    this.#processed = tid;
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#stopWaiting?.();
    this.#snapshots.endAll();
    this.#listeners.end(error);
  }

  #checkOpen(): void {
    this.#environment.checkOpen();
    if (this.#ended === undefined) return;
    if (this.#ended.error !== undefined) throw this.#ended.error;
    throw new LeaseholdError('ERR_ENV_CLOSED', 'the engine is closed', { path: this.#environment.path });
  }

  #checkAt(at: Tid): void {
    this.#checkOpen();
    checkSize(at, 'at', 0, Number.MAX_SAFE_INTEGER);
    if (at > this.#processed) throw this.#lost(at);
  }

  #lost(at: Tid): LeaseholdError {
    return snapshotLost(at, this.#processed, this.#environment.path);
  }
}
