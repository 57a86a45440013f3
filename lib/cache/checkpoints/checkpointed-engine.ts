import { setTimeout } from '../../base/clock.ts';
import type {
  Change,
  CommitRequest,
  Engine,
  EngineBounds,
  EngineConflict,
  FollowRequest,
  FollowTaker,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../../versions/engine/engine.ts';
import { EngineListeners } from '../../versions/engine/listeners.ts';
import type { PipelineStep } from '../../versions/engine/pipeline-step.ts';
import { AnsweredTurns, type RunTurns } from '../../versions/turn.ts';
import type { CacheCounters } from '../cache-counters.ts';
import { GuardedStore } from '../stores/guarded-store.ts';
import type { SharedStore } from '../stores/shared-store.ts';
import { CheckpointKeeper } from './keeper.ts';
import { OwnCommits } from './own-commits.ts';
import type { Point } from './point.ts';
import { begin, type CheckpointState, told } from './rules.ts';
import { SharedStates } from './shared-states.ts';

/** For how many ms the checkpoints are left alone after a round. */
const PAUSE = 50;
/** After how many changes the checkpoints move, unless the caller says otherwise. */
const LIMIT = 10_000;

export interface CheckpointedOptions {
  /** What the reader may see: readers with other rights have other items. */
  readonly rights?: string | undefined;
  /** The newest commit that the other engine has told, if its nonce is known: or it is read. */
  readonly start?: Point | undefined;
  readonly limit?: number;
  readonly random?: () => number;
  /** Calls a function after so many ms. */
  readonly later?: (fn: () => void, ms: number) => void;
  /** The time in ms. */
  readonly now?: () => number;
}

/**
 * An engine in front of another one, with a cache that processes of many hosts share and that may forget anything: see `rules.ts`. A cache that fails, or gives damaged bytes, costs a trip to the
 * other engine, and is no error.
 */
export class CheckpointedEngine implements Engine {
  readonly #inner: Engine;
  readonly #store: GuardedStore;
  readonly #states: SharedStates;
  readonly #own: OwnCommits;
  readonly #keeper: CheckpointKeeper;
  readonly #listeners = new EngineListeners();
  readonly #later: (fn: () => void, ms: number) => void;
  #processed: Tid;
  #isWaiting = false;
  #isBehind = false;

  /** To be made before `inner` tells its first commit. The store belongs to it from now on. */
  constructor(inner: Engine, store: SharedStore, options: CheckpointedOptions = {}) {
    const { rights = '', start, limit = LIMIT, random = Math.random, later = laterUnref, now } = options;
    this.#inner = inner;
    this.#later = later;
    this.#processed = inner.processed();
    this.#store = new GuardedStore(store, now);
    this.#states = new SharedStates(inner, this.#store, rights);
    if (start !== undefined) this.#states.state = begin(start);
    this.#own = new OwnCommits(this.#states);
    const name = () => this.#states.names.checkpoints;
    this.#keeper = new CheckpointKeeper({ inner, store: this.#store, name, limit, random }, this.#states);
    inner.onChange((change) => this.#apply(change));
    inner.onGap((tid, nonce, rights) => this.#skipTo(tid, nonce, rights));
    inner.onEnd((error) => {
      this.#end();
      this.#listeners.end(error);
    });
    this.#wake();
  }

  get storeId(): string {
    return this.#inner.storeId;
  }

  get features(): ReadonlySet<string> {
    return this.#inner.features;
  }

  processed(): Tid {
    return this.#processed;
  }

  counters(): CacheCounters {
    const { hits, misses, absentHits } = this.#states;
    const { errors, failure } = this.#store;
    return { hits, misses, absentHits, spanHits: 0, bytes: 0, evictions: 0, errors, failure };
  }

  /** What is known: for tests. */
  get state(): CheckpointState | undefined {
    return this.#states.state;
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void> {
    // Also where it throws that the engine has ended, or does not know the commit.
    if (!this.#states.isOpen || !(at <= this.#processed)) return this.#inner.load(keys, at, take);
    return this.#states.load(keys, at, take);
  }

  async pipeline(steps: readonly PipelineStep[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    await this.#inner.pipeline?.(steps, at, (state) => {
      this.#states.receive(state, at);
      take(state);
    });
  }

  async follow(request: FollowRequest, taker: FollowTaker): Promise<void> {
    await this.#inner.follow?.(request, {
      state: (state) => {
        this.#states.receive(state, request.at);
        taker.state(state);
      },
      rows: (found) => taker.rows(found),
    });
  }

  range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    return this.#inner.range(collection, bounds, at, credit, take);
  }

  hold(at: Tid, answered?: (error: Error | undefined) => void): () => void {
    return this.#inner.hold(at, answered);
  }

  changes(after: Tid): AsyncIterable<Change> {
    return this.#inner.changes(after);
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
    return this.#inner.onEnd(fn);
  }

  async commit(request: CommitRequest): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    return this.#own.commit(this.#inner, request);
  }

  turns(): RunTurns {
    return this.#inner.turns?.() ?? new AnsweredTurns();
  }

  claimIds(count: number): Promise<[first: number, last: number]> {
    return this.#inner.claimIds(count);
  }

  async close(): Promise<void> {
    const finished = this.#end();
    await this.#inner.close();
    await finished;
  }

  #apply(change: Change): void {
    const { state } = this.#states;
    const { tid, nonce } = change;
    this.#states.state = state === undefined ? begin({ tid, nonce }) : told(state, change);
    this.#own.told(change);
    this.#listeners.change(change);
    this.#processed = tid;
    this.#wake();
  }

  #skipTo(tid: Tid, nonce: string, rights: string | undefined): void {
    if (rights !== undefined) this.#states.rename(rights);
    this.#states.state = begin({ tid, nonce });
    this.#own.clear();
    this.#listeners.gap(tid, nonce, rights);
    this.#processed = tid;
    this.#wake();
  }

  /** Has a round begin soon. Several commits need one. */
  #wake(): void {
    if (this.#isWaiting) {
      this.#isBehind = true;
      return;
    }
    this.#isWaiting = true;
    this.#isBehind = false;
    this.#keeper
      .run()
      .catch((error) => this.#store.count(error))
      .then(() => this.#later(() => this.#rested(), PAUSE));
  }

  #rested(): void {
    this.#isWaiting = false;
    if (this.#isBehind && this.#states.isOpen) this.#wake();
  }

  /** Never fails: what a cache cannot write is lost. */
  async #end(): Promise<void> {
    if (!this.#states.isOpen) return;
    this.#states.end();
    this.#own.clear();
    await this.#store.close();
  }

  /** Throws what the other engine has ended with. */
  #checkOpen(): void {
    this.#inner.onChange(() => {})();
  }
}

function laterUnref(fn: () => void, ms: number): void {
  setTimeout(fn, ms).unref();
}
