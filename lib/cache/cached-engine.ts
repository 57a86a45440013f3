import type {
  Change,
  CommitAnswer,
  CommitRequest,
  Engine,
  EngineBounds,
  FollowRequest,
  FollowTaker,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../versions/engine/engine.ts';
import { isAbsent } from '../versions/engine/is-absent.ts';
import { EngineListeners } from '../versions/engine/listeners.ts';
import type { PipelineStep } from '../versions/engine/pipeline-step.ts';
import { AnsweredTurns, type RunTurns } from '../versions/turn.ts';
import type { CacheCounters } from './cache-counters.ts';
import type { CacheFile } from './cache-file.ts';
import { MOST_CACHED_KEY } from './cache-keys.ts';
import type { KeysOfPart } from './cache-view.ts';
import { completedPart, type RangeSources, readRange } from './cached-range.ts';
import { CachedStates } from './cached-states.ts';
import { type Flight, Flights } from './flights.ts';
import type { CacheStart } from './history/seen-store.ts';
import { type Part, partOf, without } from './positions.ts';
import { nameOf } from './young-states.ts';

/**
 * An engine in front of another one, with a cache in a file of this host. What the file knows is answered at once, and everything else is asked and stored. States
 * are received, and commits applied, in the call in which the other engine gives them: so neither overtakes the other.
 */
export class CachedEngine implements Engine {
  readonly #inner: Engine;
  readonly #states: CachedStates;
  readonly #flights = new Flights((key, at, take) => this.load([key], at, take));
  readonly #listeners = new EngineListeners();
  #processed: Tid;
  readonly #counters = { hits: 0, misses: 0, absentHits: 0, spanHits: 0 };

  /** To be made before `inner` tells its first commit. The file belongs to it from now on. */
  constructor(inner: Engine, file: CacheFile, start: CacheStart) {
    this.#inner = inner;
    this.#processed = inner.processed();
    this.#states = new CachedStates(file, start, this.#processed);
    inner.onChange((change) => this.#apply(change));
    inner.onGap((tid, nonce, rights) => this.#skipTo(tid, nonce, rights));
    inner.onEnd((error) => {
      if ((error as { code?: unknown } | undefined)?.code === 'ERR_SNAPSHOT_LOST') this.#states.forget();
      else this.#states.close();
      this.#listeners.end(error);
    });
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
    const { evictions, failure } = this.#states;
    return { ...this.#counters, bytes: this.#states.bytes(), evictions, errors: 0, failure };
  }

  /** Keeps what the store has said of itself, for programs that begin while no server answers: as the codecs of a collection. */
  remember(name: string, value: unknown): void {
    this.#states.remember(name, value);
  }

  /** What was kept last; undefined if nothing was. */
  recall(name: string): unknown {
    return this.#states.recall(name);
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void> {
    // Also where it throws that the engine has ended, or does not know the commit.
    if (!this.#states.isOpen || !(at <= this.#processed)) return this.#inner.load(keys, at, take);
    let missing: StateKey[] | undefined;
    for (const key of keys) {
      const found = this.#find(key, at);
      if (found === undefined) {
        missing ??= [];
        missing.push(key);
      } else take(found);
    }
    return missing === undefined ? undefined : this.#ask(missing, at, take);
  }

  known(key: StateKey, at: Tid): Loaded | undefined {
    return this.#states.isOpen && at <= this.#processed ? this.#find(key, at) : undefined;
  }

  async pipeline(steps: readonly PipelineStep[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    await this.#inner.pipeline?.(steps, at, (state) => {
      this.#counters.misses++;
      this.#receive(state);
      take(state);
    });
  }

  async follow(request: FollowRequest, taker: FollowTaker): Promise<void> {
    await this.#inner.follow?.(request, {
      state: (state) => {
        this.#receive(state);
        taker.state(state);
      },
      rows: (found) => {
        const { collection, range, rows } = found;
        this.#states.receiveRows(collection, partOf(range), { rows, complete: undefined }, request.at);
        taker.rows(found);
      },
    });
  }

  range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    const { lower, upper } = bounds;
    const isLong = (lower?.length ?? 0) > MOST_CACHED_KEY || (upper?.length ?? 0) > MOST_CACHED_KEY;
    if (!this.#states.isOpen || !(at <= this.#processed) || isLong) {
      return this.#inner.range(collection, bounds, at, credit, take);
    }
    const reverse = bounds.reverse === true;
    const sources: RangeSources = {
      piece: (part) => this.#states.piece(collection, part, at, reverse),
      keys: (part) => this.#keys(collection, part, at, reverse, credit),
      load: (keys, taken) => this.load(keys, at, taken),
      ask: (asked, taken) => this.#askRange(collection, asked, at, credit, taken),
    };
    return readRange(collection, bounds, sources, take);
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

  commit(request: CommitRequest): Promise<CommitAnswer> {
    return this.#inner.commit(request);
  }

  turns(): RunTurns {
    return this.#inner.turns?.() ?? new AnsweredTurns();
  }

  claimIds(count: number): Promise<[first: number, last: number]> {
    return this.#inner.claimIds(count);
  }

  async close(): Promise<void> {
    const finished = this.#states.finish();
    await this.#inner.close();
    await finished;
  }

  #find(key: StateKey, at: Tid): Loaded | undefined {
    const found = this.#states.find(key, at);
    if (found === undefined) return undefined;
    this.#counters.hits++;
    if (isAbsent(found)) this.#counters.absentHits++;
    return found;
  }

  /** Asks what the cache does not have, unless it is asked already. */
  async #ask(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const waits: Promise<void>[] = [];
    const flights: Flight[] = [];
    for (const key of keys) {
      const found = this.#flights.joinOrBegin(key, at, take);
      if ('isOver' in found) flights.push(found);
      else waits.push(found);
    }
    this.#counters.misses += flights.length;
    if (flights.length > 0) waits.push(this.#load(flights, at, take));
    await Promise.all(waits);
  }

  /** `name`: that of its key. */
  #receive(state: Loaded, name: string = nameOf(state)): void {
    this.#states.receive(state, name);
  }

  async #load(flights: readonly Flight[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const keys = flights.map(({ key }) => key);
    try {
      await this.#inner.load(keys, at, (state) => {
        const name = nameOf(state);
        this.#receive(state, name);
        try {
          take(state);
        } finally {
          this.#flights.arrived(state, name);
        }
      });
    } finally {
      for (const flight of flights) this.#flights.over(flight);
    }
  }

  #keys(collection: string, part: Part, at: Tid, reverse: boolean, credit: number): KeysOfPart | undefined {
    const found = this.#states.keys(collection, part, at, reverse, credit);
    if (found !== undefined) this.#counters.spanHits++;
    return found;
  }

  /** Reads a part of a range from the engine, and stores it. */
  #askRange(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    const reverse = bounds.reverse === true;
    let rest: Part | undefined = partOf(bounds);
    return this.#inner.range(collection, bounds, at, credit, (batch) => {
      if (rest !== undefined) {
        const part = completedPart(batch, rest, reverse);
        this.#states.receiveRows(collection, part, batch, at);
        rest = without(rest, part, reverse);
      }
      return take(batch);
    });
  }

  #apply(change: Change): void {
    this.#states.apply(change);
    this.#listeners.change(change);
    this.#processed = change.tid;
  }

  #skipTo(tid: Tid, nonce: string, rights: string | undefined): void {
    this.#states.skipTo(tid, nonce, rights);
    this.#listeners.gap(tid, nonce, rights);
    this.#processed = tid;
  }

  /** Throws what the other engine has ended with. */
  #checkOpen(): void {
    this.#inner.onChange(() => {})();
  }
}
