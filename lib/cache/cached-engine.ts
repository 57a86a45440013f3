import { clearTimeout, microtask, setTimeout } from '../base/clock.ts';
import type {
  Change,
  CommitRequest,
  Engine,
  EngineBounds,
  EngineConflict,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../versions/engine/engine.ts';
import { RecentChanges } from '../versions/engine/recent-changes.ts';
import type { CacheCounters } from './cache-counters.ts';
import type { CacheFile, CacheStart } from './cache-file.ts';
import { MOST_CACHED_KEY } from './cache-keys.ts';
import type { KeysOfPart } from './cache-view.ts';
import type { NewState } from './cache-writes.ts';
import { completedPart, type RangeSources, readRange } from './cached-range.ts';
import { Flights } from './flights.ts';
import { boundsOf, type Part, partOf, without } from './positions.ts';
import { nameOf, YoungStates } from './young-states.ts';

/** How many ms states wait, at most, to be written together. */
const FLUSH_AFTER = 5;
/** With so many bytes they are written at once. */
const MOST_YOUNG_BYTES = 4 * 2 ** 20;
/** Of so many changed keys it is known which commit has changed them. */
const MOST_RECENT = 50_000;
/** For how many ms a snapshot of the file is used. */
const SNAPSHOT_AGE = 100;

/**
 * An engine in front of another one, with a cache in a file of this host. What the file knows is answered at once, and everything else is asked and stored. States
 * are received, and commits applied, in the call in which the other engine gives them: so neither overtakes the other.
 */
export class CachedEngine implements Engine {
  readonly #inner: Engine;
  /** Undefined once it has failed, or was closed: everything is asked. */
  #file: CacheFile | undefined;
  readonly #young = new YoungStates();
  readonly #flights = new Flights((key, at, take) => this.load([key], at, take));
  readonly #listeners = new Set<(change: Change) => void>();
  /** What the last commits have changed: rows of a range come after them. */
  readonly #recent: RecentChanges;
  #processed: Tid;
  #flushTimer: NodeJS.Timeout | undefined;
  #snapshotTimer: NodeJS.Timeout | undefined;
  #failure: Error | undefined;
  readonly #counters = { hits: 0, misses: 0, absentHits: 0, spanHits: 0, evictions: 0 };

  /** To be made before `inner` tells its first commit. The file belongs to it from now on. */
  constructor(inner: Engine, file: CacheFile, start: CacheStart) {
    this.#inner = inner;
    this.#file = file;
    this.#processed = inner.processed();
    this.#recent = new RecentChanges(this.#processed, MOST_RECENT);
    this.#guard((opened) => opened.start(start));
    inner.onChange((change) => this.#apply(change));
    inner.onEnd(() => this.#end());
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
    const bytes = this.#guard((file) => file.bytes()) ?? 0;
    return { ...this.#counters, bytes, failure: this.#failure };
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void> {
    // Also where it throws that the engine has ended, or does not know the commit.
    if (this.#file === undefined || !(at <= this.#processed)) return this.#inner.load(keys, at, take);
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

  range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    const { lower, upper } = bounds;
    const isLong = (lower?.length ?? 0) > MOST_CACHED_KEY || (upper?.length ?? 0) > MOST_CACHED_KEY;
    if (this.#file === undefined || !(at <= this.#processed) || isLong) {
      return this.#inner.range(collection, bounds, at, credit, take);
    }
    const reverse = bounds.reverse === true;
    const sources: RangeSources = {
      piece: (part) => this.#guard((file) => file.piece(collection, part, at, reverse)) ?? { part, isKnown: false },
      keys: (part) => this.#keys(collection, part, at, reverse, credit),
      load: (keys, taken) => this.load(keys, at, taken),
      ask: (asked, taken) => this.#askRange(collection, asked, at, credit, taken),
    };
    return readRange(collection, bounds, sources, take);
  }

  hold(at: Tid): () => void {
    return this.#inner.hold(at);
  }

  changes(after: Tid): AsyncIterable<Change> {
    return this.#inner.changes(after);
  }

  onChange(fn: (change: Change) => void): () => void {
    // Throws if it has ended.
    this.#inner.onChange(() => {})();
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    return this.#inner.onEnd(fn);
  }

  commit(request: CommitRequest): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    return this.#inner.commit(request);
  }

  claimIds(count: number): Promise<[first: number, last: number]> {
    return this.#inner.claimIds(count);
  }

  async close(): Promise<void> {
    this.#flush(true);
    const file = this.#file;
    this.#file = undefined;
    await this.#inner.close();
    try {
      await file?.finish();
    } catch (error) {
      this.#failure = error as Error;
      file?.close();
    }
  }

  #find(key: StateKey, at: Tid): Loaded | undefined {
    const { collection, key: bytes } = key;
    const found =
      (this.#young.isEmpty ? undefined : this.#young.find(key, at)) ??
      this.#guard((file) => file.find(collection, bytes, at));
    if (found === undefined) return undefined;
    this.#expireSnapshot();
    this.#counters.hits++;
    if (found.bytes === undefined) this.#counters.absentHits++;
    return { collection, key: bytes, tid: found.tid, next: found.next, bytes: found.bytes };
  }

  /** Asks what the cache does not have, unless it is asked already. */
  async #ask(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const waits: Promise<void>[] = [];
    const asked = new Map<string, StateKey>();
    for (const key of keys) {
      const joined = this.#flights.join(key, at, take);
      if (joined !== undefined) {
        waits.push(joined);
        continue;
      }
      this.#flights.begin(key);
      asked.set(nameOf(key), key);
    }
    this.#counters.misses += asked.size;
    if (asked.size > 0) waits.push(this.#load(asked, at, take));
    await Promise.all(waits);
  }

  async #load(asked: Map<string, StateKey>, at: Tid, take: (state: Loaded) => void): Promise<void> {
    try {
      await this.#inner.load([...asked.values()], at, (state) => {
        this.#receive(state);
        asked.delete(nameOf(state));
        try {
          take(state);
        } finally {
          this.#flights.arrived(state);
        }
      });
    } finally {
      for (const key of asked.values()) this.#flights.failed(key);
    }
  }

  #keys(collection: string, part: Part, at: Tid, reverse: boolean, credit: number): KeysOfPart | undefined {
    const found = this.#guard((file) => file.keys(collection, part, at, reverse, credit));
    this.#expireSnapshot();
    if (found !== undefined) this.#counters.spanHits++;
    return found;
  }

  /** Reads a part of a range from the engine. Each batch is stored as of the commit; what has changed since ends its states. */
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
        this.#receiveRows(collection, part, batch, at);
        rest = without(rest, part, reverse);
      }
      return take(batch);
    });
  }

  #receiveRows(collection: string, part: Part, { rows }: RowBatch, at: Tid): void {
    const isKnown = at >= this.#recent.start;
    const states: NewState[] = [];
    for (const { key, tid, bytes } of rows) {
      if (key.length > MOST_CACHED_KEY) continue;
      const next = isKnown ? this.#recent.firstAfter({ collection, key }, at) : at + 1;
      states.push({ collection, key, tid, next, bytes });
    }
    const isWhole =
      states.length === rows.length && !this.#recent.touches(collection, boundsOf(part, false), at, this.#processed);
    const span = isWhole ? { collection, ...part, tid: at } : undefined;
    this.#guard((file) => file.store(states, this.#processed, false, span));
  }

  /** Takes a state in the call that gives it: a moment later a commit may have ended it. */
  #receive(state: Loaded): void {
    if (this.#file === undefined || state.key.length > MOST_CACHED_KEY) return;
    this.#young.add(state);
    if (this.#young.bytes > MOST_YOUNG_BYTES) this.#flush(true);
    else this.#flushLater();
  }

  #apply(change: Change): void {
    this.#recent.add(change);
    this.#recent.trim();
    this.#young.apply(change);
    this.#guard((file) => file.apply(change));
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        microtask(() => {
          throw error;
        });
      }
    }
    this.#processed = change.tid;
  }

  #flushLater(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#flush(false);
    }, FLUSH_AFTER).unref();
  }

  #flush(now: boolean): void {
    if (this.#young.isEmpty) return;
    const isStored = this.#guard((file) => file.store(this.#young.sorted(), this.#processed, now));
    if (isStored === false) this.#flushLater();
    else this.#young.clear();
  }

  #expireSnapshot(): void {
    this.#snapshotTimer ??= setTimeout(() => {
      this.#snapshotTimer = undefined;
      this.#guard((file) => file.release());
    }, SNAPSHOT_AGE).unref();
  }

  /** A cache that fails is not used any more: the store goes on without it. */
  #guard<T>(fn: (file: CacheFile) => T): T | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return fn(this.#file);
    } catch (error) {
      this.#failure = error as Error;
      this.#stop();
      return undefined;
    }
  }

  #end(): void {
    this.#flush(true);
    this.#stop();
    this.#listeners.clear();
  }

  #stop(): void {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#snapshotTimer);
    const file = this.#file;
    this.#file = undefined;
    this.#young.clear();
    try {
      file?.close();
    } catch (error) {
      this.#failure ??= error as Error;
    }
  }
}
