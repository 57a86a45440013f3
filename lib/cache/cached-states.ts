import { clearTimeout, setTimeout } from '../base/clock.ts';
import { isStackOverflow } from '../base/stack.ts';
import type { Change, Loaded, RowBatch, StateKey, Tid } from '../versions/engine/engine.ts';
import { RecentChanges } from '../versions/engine/recent-changes.ts';
import type { CacheFile } from './cache-file.ts';
import { MOST_CACHED_KEY } from './cache-keys.ts';
import type { KeysOfPart } from './cache-view.ts';
import type { NewState } from './cache-writes.ts';
import type { CacheStart } from './history/seen-store.ts';
import { boundsOf, type Part } from './positions.ts';
import type { Piece } from './spans.ts';
import { YoungStates } from './young-states.ts';

/** How many ms states wait, at most, to be written together. */
const FLUSH_AFTER = 5;
/** With so many bytes they are written at once. */
const MOST_YOUNG_BYTES = 4 * 2 ** 20;
/** Of so many changed keys it is known which commit has changed them. */
const MOST_RECENT = 50_000;
/** So many ms after a snapshot of the file was begun, and again and again, it is looked whether it is given back. */
const SNAPSHOT_AGE = 100;

/**
 * What an engine has cached: the states that it was given a moment ago, in memory, and those in the file. If the file fails, it is not used any more, and nothing
 * is found.
 */
export class CachedStates {
  /** Why the file is not used any more. */
  failure: Error | undefined;
  #file: CacheFile | undefined;
  readonly #young = new YoungStates();
  /** What the last commits have changed: rows of a range come after them. */
  #recent: RecentChanges;
  #processed: Tid;
  #flushTimer: NodeJS.Timeout | undefined;
  #snapshotTimer: NodeJS.Timeout | undefined;
  /** Whether anybody has read since `#snapshotTimer` was set. */
  #isUsed = false;

  /** `processed`: the commit up to which the engine was told everything. */
  constructor(file: CacheFile, start: CacheStart, processed: Tid) {
    this.#file = file;
    this.#processed = processed;
    this.#recent = new RecentChanges(processed, MOST_RECENT);
    this.#guard((opened) => opened.start(start));
  }

  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  bytes(): number {
    return this.#read((file) => file.bytes()) ?? 0;
  }

  get evictions(): number {
    return this.#file?.evictions ?? 0;
  }

  find(key: StateKey, at: Tid): Loaded | undefined {
    const young = this.#young.isEmpty ? undefined : this.#young.find(key, at);
    if (young !== undefined) {
      const { tid, next, bytes } = young;
      return { collection: key.collection, key: key.key, tid, next, bytes };
    }
    this.#expireSnapshot();
    return this.#read((file) => file.find(key, at));
  }

  piece(collection: string, part: Part, at: Tid, reverse: boolean): Piece {
    return this.#read((file) => file.piece(collection, part, at, reverse)) ?? { part, isKnown: false };
  }

  keys(collection: string, part: Part, at: Tid, reverse: boolean, credit: number): KeysOfPart | undefined {
    this.#expireSnapshot();
    return this.#read((file) => file.keys(collection, part, at, reverse, credit));
  }

  /** Takes a state in the call that gives it: a moment later a commit may have ended it. `name`: that of its key. */
  receive(state: Loaded, name: string): void {
    if (this.#file === undefined || state.key.length > MOST_CACHED_KEY) return;
    this.#young.add(state, name);
    if (this.#young.bytes > MOST_YOUNG_BYTES) this.flush(true);
    else this.#flushLater();
  }

  /** Takes what was read of a range as of a commit. It may come late: what has changed since ends its states. */
  receiveRows(collection: string, part: Part, { rows }: RowBatch, at: Tid): void {
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

  /** Ends what a commit has changed. */
  apply(change: Change): void {
    this.#recent.add(change);
    this.#recent.trim();
    this.#young.apply(change);
    this.#guard((file) => file.apply(change));
    this.#processed = change.tid;
  }

  /** Moves on to a commit. Nobody can tell what came before it: what has no end may have ended. With other `rights`, nothing of before may be read. */
  skipTo(tid: Tid, nonce: string, rights?: string): void {
    this.#recent = new RecentChanges(tid, MOST_RECENT);
    this.#young.clear();
    this.#guard((file) => file.skipTo(tid, nonce, rights));
    this.#processed = tid;
  }

  /** See `CacheFile.remember`. */
  remember(name: string, value: unknown): void {
    this.#guard((file) => file.remember(name, value));
  }

  recall(name: string): unknown {
    return this.#guard((file) => file.recall(name));
  }

  /** Closes it at once. Nobody shall read again what it has. */
  forget(): void {
    this.#young.clear();
    this.#guard((file) => file.forget());
    this.close();
  }

  /** Writes to the file what is not there yet; with `now`, also what another process would rather have wait. */
  flush(now: boolean): void {
    if (this.#young.isEmpty) return;
    const isStored = this.#guard((file) => file.store(this.#young.sorted(), this.#processed, now));
    if (isStored === false) this.#flushLater();
    else this.#young.clear();
  }

  /** Closes it, so that a start of the system does not drop it. */
  async finish(): Promise<void> {
    this.flush(true);
    const file = this.#leave();
    try {
      await file?.finish();
    } catch (error) {
      this.failure ??= error as Error;
      close(file);
    }
  }

  /** Closes it at once. */
  close(): void {
    this.flush(true);
    close(this.#leave());
  }

  #flushLater(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.flush(false);
    }, FLUSH_AFTER).unref();
  }

  #expireSnapshot(): void {
    this.#isUsed = true;
    this.#snapshotTimer ??= setTimeout(() => this.#lookAtSnapshot(), SNAPSHOT_AGE).unref();
  }

  /** The newest snapshot stays as long as it is used. Each end of one makes the collector look for what is still held of it. */
  #lookAtSnapshot(): void {
    this.#snapshotTimer = undefined;
    const isUsed = this.#isUsed;
    const isKept = this.#guard((file) => file.release(isUsed)) === true;
    this.#isUsed = false;
    if (isKept) this.#snapshotTimer = setTimeout(() => this.#lookAtSnapshot(), SNAPSHOT_AGE).unref();
  }

  #guard<T>(fn: (file: CacheFile) => T): T | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return fn(this.#file);
    } catch (error) {
      return this.#fail(error as Error);
    }
  }

  /** The same for what a program calls. If its calls have filled the stack, the file has not failed: throws V8's RangeError. */
  #read<T>(fn: (file: CacheFile) => T): T | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return fn(this.#file);
    } catch (error) {
      if (isStackOverflow(error)) throw error;
      return this.#fail(error as Error);
    }
  }

  #fail(error: Error): undefined {
    this.failure = error;
    close(this.#leave());
  }

  #leave(): CacheFile | undefined {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#snapshotTimer);
    const file = this.#file;
    this.#file = undefined;
    this.#young.clear();
    return file;
  }
}

function close(file: CacheFile | undefined): void {
  try {
    file?.close();
  } catch {
    // It has failed before, and that is what is told.
  }
}
