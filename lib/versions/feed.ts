import { aborted } from '../base/abort.ts';
import { nextTurn } from '../base/clock.ts';
import { LeaseholdError, withField } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { nonceOf } from './change-record.ts';
import type { CommitPlace } from './changes-options.ts';

/** How many commits in a row are passed over before other code runs. */
const MOST_SKIPPED = 100;

/** What a feed gives for the record of a commit; undefined if the commit is not for it. */
type Read<T> = (record: Uint8Array, tid: number) => T | undefined;

interface FeedSource<T> {
  readonly environment: EnvironmentState;
  readonly read: Read<T>;
  readonly signal: AbortSignal | undefined;
  readonly place: CommitPlace | undefined;
}

/**
 * Commits of all threads and processes that change versioned collections, in the order of their tids, none left out. Each `next()` reads the
 * next record of the log in a snapshot of its own, or waits until there is one. So nothing is buffered, and a slow consumer holds no
 * snapshot. While a `next()` waits, the process does not end by itself. `return()` ends the feed, also while a `next()` waits, which is then
 * done; `using` does the same. After an error the feed is done.
 *
 * `next()` is rejected with `ERR_TOO_OLD` if the log does not reach back to the next commit, because `after` is too old, or because the log
 * was trimmed while the consumer was slow. The error has the `oldest` tid that the log still has. Then read everything in one transaction,
 * and begin another feed after `txn.tid`. `ERR_SNAPSHOT_LOST` if this database does not have the commit `after`: it was restored from a
 * copy, or has lost commits. `ERR_ENV_CLOSED`, also while it waits; `ABORT_ERR`, whose cause is the signal's reason; `ERR_CODEC` for a
 * damaged log.
 */
export class Feed<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: FeedSource<T>;
  #tid: number;
  #nonce: string | undefined;
  #isDone = false;
  #wake: (() => void) | undefined;
  /** The last call of `next` that has begun, to which later ones are added. */
  #last: Promise<unknown> = Promise.resolve();

  /** Not for users: `env.changes()` and `collection.watch()` make these. */
  constructor(source: FeedSource<T>) {
    this.#source = source;
    const { environment, place } = source;
    this.#tid = place?.tid ?? environment.retrying(() => native.changeBounds(environment.native).newest);
    this.#nonce = place?.nonce;
  }

  /** The newest commit that it has looked at, of those too that it does not give. Begin the next feed `after` it to go on. */
  get tid(): number {
    return this.#tid;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.#last.then(() => this.#next());
    // The caller gets the error.
    this.#last = next.catch(() => {});
    return next;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  static {
    inspectAs(Feed.prototype, (self) => `Feed { tid: ${self.#tid}${self.#isDone ? ', done' : ''} }`);
  }

  #end(): void {
    this.#isDone = true;
    this.#wake?.();
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    try {
      for (let skipped = 0; !this.#isDone; ) {
        const { environment, signal } = this.#source;
        if (signal?.aborted === true) throw aborted(signal);
        const found = this.#look(environment);
        if (typeof found === 'number') {
          await this.#commitAfter(found);
        } else {
          const value = this.#source.read(found, this.#tid + 1);
          this.#tid++;
          if (value !== undefined) return { done: false, value };
          if (++skipped % MOST_SKIPPED === 0) await nextTurn();
        }
      }
      return { done: true, value: undefined };
    } catch (error) {
      this.#isDone = true;
      throw error;
    }
  }

  /** The record of the next commit, or else the version of the database that has none. */
  #look(environment: EnvironmentState): Uint8Array | number {
    if (this.#nonce !== undefined) this.#checkNonce(environment, this.#nonce);
    const found = environment.retrying(() => native.changeAfter(environment.native, this.#tid));
    if (found === null) throw this.#cannotGoOn(environment);
    return typeof found === 'number' ? found : new Uint8Array(found);
  }

  /** Fulfilled when there may be a commit, when the feed ends, and when the environment is closed. */
  async #commitAfter(version: number): Promise<void> {
    const { environment, signal } = this.#source;
    let stop: (() => void) | undefined;
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        // First, since a signal that a program has made itself may throw.
        signal?.addEventListener('abort', this.#wake, { once: true });
        stop = environment.waits.add(version, resolve);
      });
    } finally {
      stop?.();
      if (this.#wake !== undefined) signal?.removeEventListener('abort', this.#wake);
      this.#wake = undefined;
    }
  }

  /** The commit to go on from must be the one that the program has seen. If the log does not have it any more, it cannot be compared. */
  #checkNonce(environment: EnvironmentState, nonce: string): void {
    this.#nonce = undefined;
    if (this.#tid === 0) return;
    const found = environment.retrying(() => native.changeAfter(environment.native, this.#tid - 1));
    if (found === null) return;
    if (typeof found !== 'number' && nonceOf(new Uint8Array(found), this.#tid) === nonce) return;
    throw lost(environment, this.#tid);
  }

  #cannotGoOn(environment: EnvironmentState): LeaseholdError {
    const { oldest, newest } = environment.retrying(() => native.changeBounds(environment.native));
    if (newest < this.#tid) return lost(environment, this.#tid);
    const error = new LeaseholdError(
      'ERR_TOO_OLD',
      `the log of changes begins with commit ${oldest} and does not reach back to commit ${this.#tid + 1}: read everything again in one ` +
        'transaction, and go on after its tid',
      { path: environment.path },
    );
    return withField(error, 'oldest', oldest);
  }
}

function lost(environment: EnvironmentState, tid: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_SNAPSHOT_LOST',
    `the commit ${tid} to go on from is not in this database, which was restored from a copy or has lost commits: read everything again ` +
      'in one transaction, and go on after its tid',
    { path: environment.path },
  );
}
