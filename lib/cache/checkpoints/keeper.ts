import type { Change, Engine, Tid } from '../../versions/engine/engine.ts';
import type { GuardedStore } from '../stores/guarded-store.ts';
import { decodeItem, encodeItem } from './item.ts';
import { type Checkpoints, decodeCheckpoints, encodeCheckpoints, isSameCheckpoints } from './point.ts';
import { type Adoption, adopt, begin, bounded, type CheckpointState, rebuilt, shifted } from './rules.ts';

/** Of so many commits, at most, the changes are read again to take the checkpoints of others. */
const MOST_READ = 20_000;
/** So many times the limit are changes known, at most, without a cache that takes checkpoints. */
const MOST_KNOWN = 16;
/** Processes that have been told the same shall not all move the checkpoints at once: each adds up to such a part of the limit. */
const JITTER = 0.25;

/** What a keeper needs of its engine. */
export interface KeptState {
  /** What is known; undefined: not even which commit is the newest one. */
  state: CheckpointState | undefined;
  readonly isOpen: boolean;
}

export interface KeeperOptions {
  readonly inner: Engine;
  readonly store: GuardedStore;
  /** Gives the name of the checkpoints in the store. */
  readonly name: () => string;
  /** After how many changes the checkpoints move. */
  readonly limit: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/**
 * Agrees with the other processes on the checkpoints, one round after the other: takes those that the cache has, and moves them when too much has changed since. What is read and stored
 * meanwhile goes on.
 */
export class CheckpointKeeper {
  readonly #options: KeeperOptions;
  readonly #kept: KeptState;
  #round: Promise<void> | undefined;
  #threshold: number;
  /** Checkpoints that were in the future, and for how many rounds. */
  #future: { readonly stored: Checkpoints; rounds: number } | undefined;

  constructor(options: KeeperOptions, kept: KeptState) {
    this.#options = options;
    this.#kept = kept;
    this.#threshold = this.#jittered();
  }

  /** Does a round, unless one is under way. */
  run(): Promise<void> {
    this.#round ??= this.#once().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #once(): Promise<void> {
    const { store } = this.#options;
    const name = this.#options.name();
    const found = await store.gets(name);
    const item = found === undefined ? undefined : decodeItem(name, found.bytes);
    const stored = item?.bytes === undefined ? undefined : decodeCheckpoints(item.bytes);
    const kind = await this.#take(stored);
    const { state } = this.#kept;
    if (kind === undefined || state === undefined || !this.#kept.isOpen) return;
    this.#kept.state = bounded(state, MOST_KNOWN * this.#options.limit);
    const rounds = this.#roundsInFuture(stored, kind);
    const wanted = shifted(this.#kept.state, { stored, kind, rounds }, this.#threshold);
    if (wanted === undefined) return;
    const bytes = encodeItem(name, wanted.c0.tid, encodeCheckpoints(wanted));
    const isOurs = await (found === undefined ? store.add(name, bytes) : store.cas(name, bytes, found.token));
    if (isOurs) this.#adopt(wanted);
  }

  /** Takes the checkpoints of the cache. Undefined if it is not known what they mean. */
  async #take(stored: Checkpoints | undefined): Promise<Adoption['kind'] | undefined> {
    if (this.#kept.state === undefined && !(await this.#begin(stored))) return undefined;
    if (stored === undefined) return 'adopted';
    const kind = this.#adopt(stored);
    if (kind !== 'unknown') return kind;
    const read = await this.#read(stored.c1.tid);
    return read === 'failed' ? undefined : this.#adopt(stored);
  }

  #adopt(stored: Checkpoints): Adoption['kind'] | undefined {
    const { state } = this.#kept;
    if (state === undefined) return undefined;
    const adoption = adopt(state, stored);
    if (adoption.kind === 'adopted') {
      if (!isSameCheckpoints(state.checkpoints, stored)) this.#threshold = this.#jittered();
      this.#kept.state = adoption.state;
    }
    return adoption.kind;
  }

  /** Reads what must be known first: the newest commit, and with it, as a rule, what has changed since the checkpoints. */
  async #begin(stored: Checkpoints | undefined): Promise<boolean> {
    const newest = this.#options.inner.processed();
    if (newest === 0) {
      this.#kept.state = begin({ tid: 0, nonce: '' });
      return true;
    }
    if (stored !== undefined && stored.c1.tid < newest && (await this.#read(stored.c1.tid)) === 'read') return true;
    return (await this.#read(this.#options.inner.processed())) === 'read';
  }

  /** Reads what the commits have changed from one on, that one included, in the place of what is known. */
  async #read(from: Tid): Promise<'read' | 'too old' | 'failed'> {
    const { inner } = this.#options;
    if (inner.processed() - from > MOST_READ) return 'too old';
    try {
      const commits = inner.changes(Math.max(from, 1) - 1)[Symbol.asyncIterator]();
      try {
        return await this.#readCommits(commits);
      } finally {
        await commits.return?.();
      }
    } catch (error) {
      return (error as { code?: unknown }).code === 'ERR_TOO_OLD' ? 'too old' : 'failed';
    }
  }

  async #readCommits(commits: AsyncIterator<Change>): Promise<'read' | 'too old' | 'failed'> {
    const changes: Change[] = [];
    while (changes.length <= MOST_READ) {
      const { value, done } = await commits.next();
      if (done === true || !this.#kept.isOpen) return 'failed';
      changes.push(value);
      // Nothing waits from here until it is taken: no commit is told in between.
      const newest = this.#options.inner.processed();
      if (value.tid < newest) continue;
      const upTo = changes.filter(({ tid }) => tid <= newest);
      if (upTo.length === 0) return 'failed';
      const state = rebuilt(this.#kept.state, upTo);
      if (state !== undefined) this.#kept.state = state;
      return state === undefined ? 'failed' : 'read';
    }
    return 'too old';
  }

  #roundsInFuture(stored: Checkpoints | undefined, kind: Adoption['kind']): number {
    if (kind !== 'future' || stored === undefined) {
      this.#future = undefined;
      return 0;
    }
    if (this.#future === undefined || !isSameCheckpoints(this.#future.stored, stored)) {
      this.#future = { stored, rounds: 0 };
    }
    return ++this.#future.rounds;
  }

  #jittered(): number {
    const { limit, random } = this.#options;
    return limit * (1 + JITTER * random());
  }
}
