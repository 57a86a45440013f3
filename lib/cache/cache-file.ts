import { randomBytes } from 'node:crypto';
import { native } from '../native/native.ts';
import type { Change, Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import type { OpenFolder } from './cache-folder.ts';
import type { CacheMeta } from './cache-meta.ts';
import { CacheTables } from './cache-tables.ts';
import { CacheView, type KeysOfPart } from './cache-view.ts';
import { applyChange, type NewSpan, type NewState, storeSpan } from './cache-writes.ts';
import { dropped, isKnown, lost } from './history/same-history.ts';
import type { CacheStart, SeenStore } from './history/seen-store.ts';
import { storeStates } from './new-states.ts';
import type { Part } from './positions.ts';
import type { Piece } from './spans.ts';

/** About how many bytes states may take, unless the program says otherwise. */
export const DEFAULT_CAPACITY: number = 256 * 2 ** 20;
/** The part of the bytes of pages that is filled with states, as a rule. */
const FILLED = 0.7;

/**
 * The states of a store in an environment on this host, which several processes share. Each process tells it every commit; the first one
 * changes it. All states are true as of `at`, whoever has stored them.
 */
export class CacheFile {
  readonly #folder: OpenFolder;
  readonly #capacity: number;
  readonly #tables: CacheTables;
  #generation = '';
  #view: CacheView | undefined;
  #storeId = '';
  #rights = '';
  /** What `seen()` has given. */
  #seen: SeenStore | undefined;
  /** The last commit that this process was told. */
  #told: Pick<Change, 'tid' | 'nonce'> = { tid: 0, nonce: '' };
  /**
   * Whether it is known that the history that the cache was told is that of this process: the nonces of one commit are the same. A store that was restored has another history,
   * and each process learns of that when it connects again. Until it is known, this process neither reads nor writes here.
   */
  #isVerified = true;

  /** The folder belongs to it from now on. `capacity`: about how many bytes its states may take. */
  constructor(folder: OpenFolder, capacity: number = DEFAULT_CAPACITY) {
    this.#folder = folder;
    this.#capacity = capacity;
    this.#tables = new CacheTables(folder.env, capacity * FILLED);
  }

  /** Up to which commit of which store it was told everything; undefined if it is empty. */
  seen(): SeenStore | undefined {
    const meta = this.#tables.meta();
    this.#seen = meta && { storeId: meta.storeId, tid: meta.at, nonce: meta.nonce, rights: meta.rights };
    return this.#seen;
  }

  /** Begins, or goes on with a store. What may not be true any more is dropped. `ERR_SNAPSHOT_LOST` if another process has gone on in another history. */
  start({ storeId, rights, tid, nonce, reset }: CacheStart): void {
    this.#storeId = storeId;
    this.#rights = rights;
    this.#told = { tid, nonce };
    this.#write(() => {
      const meta = this.#tables.meta();
      if (meta === undefined || meta.storeId !== storeId || meta.rights !== rights || reset === 'other-history') {
        this.#tables.clear();
        this.#begin(1);
      } else if (reset === 'too-old') {
        this.#goOn(meta, this.#seen);
      } else {
        this.#generation = meta.generation;
        this.#isVerified = false;
        this.#verify(meta);
      }
    });
  }

  /** Ends what a commit has changed, and moves on to it, in one transaction. Another process may have been faster. */
  apply(change: Change): void {
    const { tid, nonce } = change;
    const view = this.#isVerified ? this.#open(tid) : undefined;
    // By the nonces of the snapshot: another process may have begun with another history since.
    if (view === undefined || !isKnown(view.at, (of) => view.nonce(of), change)) {
      this.#write(() => {
        const meta = this.#checked();
        if (!this.#verify(meta)) {
          this.#told = change;
          this.#verify(meta);
        } else if (!isKnown(meta.at, (of) => this.#tables.nonce(of), change)) {
          applyChange(this.#tables, change, meta.epoch);
          this.#tables.setMeta({ ...meta, at: tid, nonce });
          this.#tables.addNonce(tid, nonce);
        }
      });
    }
    this.#told = change;
  }

  /**
   * Moves on to a commit. Nobody will tell this process the commits in between. Another process may have been told them. `rights`: those of this process from now on. What was
   * stored with others is dropped, unless another process has done that already.
   */
  skipTo(tid: Tid, nonce: string, rights: string = this.#rights): void {
    const before = this.#told;
    const hasOthers = rights !== this.#rights;
    this.#told = { tid, nonce };
    this.#rights = rights;
    this.#write(() => {
      const meta = this.#tables.meta();
      if (meta?.storeId !== this.#storeId || (meta.rights !== rights && !hasOthers)) throw lost();
      if (meta.rights === rights) {
        this.#goOn(meta, before);
      } else {
        this.#tables.clear();
        this.#begin(1);
      }
    });
  }

  /**
   * Stores states that are true as of `processed`. Returns whether it has: if another process has told the cache later commits, which may have ended
   * them, they must wait until this one was told those commits, too. With `now`, those that are open are stored up to `processed`.
   */
  store(states: readonly NewState[], processed: Tid, now: boolean, span?: NewSpan): boolean {
    if (!now && this.#open(processed + 1)?.at !== undefined && (this.#view as CacheView).at > processed) return false;
    let isStored = false;
    this.#write(() => {
      const meta = this.#checked();
      const { at, epoch } = meta;
      // Forgotten: nobody reads them here before it is known.
      isStored = !this.#verify(meta);
      if (isStored) return;
      if (at !== processed && !now) return;
      const isBehind = at !== processed;
      const closed = (state: NewState): NewState => ({ ...state, next: state.next ?? processed + 1 });
      storeStates(this.#tables, isBehind ? states.map(closed) : states, epoch);
      if (span !== undefined && at === processed) storeSpan(this.#tables, span, epoch);
      const excess = this.#tables.bytes() - this.#capacity;
      if (excess > 0) this.#tables.eviction.shrink(excess / 4);
      isStored = true;
    });
    return isStored;
  }

  /** How many states have made room for others, by this process. */
  get evictions(): number {
    return this.#tables.eviction.count;
  }

  /** The state of a key as of a commit; undefined if it is not known. */
  find(key: StateKey, at: Tid): Loaded | undefined {
    const number = this.#tables.number(key.collection);
    const view = number === undefined || !this.#isVerified ? undefined : this.#open(at);
    if (view === undefined || view.at < at) return undefined;
    const found = view.find(number as number, key, at);
    if (found !== undefined || this.#isNewest(view)) return found;
    // Others have written since.
    this.#release();
    return this.#open(at)?.find(number as number, key, at);
  }

  /** What of a part of a collection is known whole as of a commit, or not: its first piece, or in reverse its last one. */
  piece(collection: string, part: Part, at: Tid, reverse: boolean): Piece {
    const number = this.#tables.number(collection);
    const view = number === undefined || !this.#isVerified ? undefined : this.#open(at);
    if (view === undefined || view.at < at) return { part, isKnown: false };
    return view.piece(number as number, part, at, reverse);
  }

  /** The keys of a piece that is known whole, until they have `credit` bytes. */
  keys(collection: string, part: Part, at: Tid, reverse: boolean, credit: number): KeysOfPart {
    return (this.#view as CacheView).keys(this.#tables.number(collection) as number, part, at, reverse, credit);
  }

  /**
   * Keeps what the store has said of itself and is no state of a key, as the codecs of a collection, for programs that begin while no server answers. It may be older
   * than the states.
   */
  remember(name: string, value: unknown): void {
    if (JSON.stringify(this.recall(name)) === JSON.stringify(value)) return;
    this.#write(() => {
      if (this.#verify(this.#checked())) this.#tables.setAnswer(name, value);
    });
  }

  recall(name: string): unknown {
    return this.#isVerified && this.#tables.meta()?.generation === this.#generation
      ? this.#tables.answer(name)
      : undefined;
  }

  /** The store has another history: nothing of this one must be read again, also by who begins while no server answers. Another process may have gone on with the other one already. */
  forget(): void {
    this.#write(() => {
      if (this.#tables.meta()?.generation === this.#generation) this.#tables.forgetStore();
    });
  }

  /** How many bytes its states take. */
  bytes(): number {
    return this.#tables.bytes();
  }

  /** Gives back the snapshot, which keeps old pages from being used again. With `onlyOld`, if others have written since. Returns whether it is still there. */
  release(onlyOld: boolean): boolean {
    if (this.#view !== undefined && !(onlyOld && this.#isNewest(this.#view))) this.#release();
    return this.#view !== undefined;
  }

  /** Writes everything to the disk, and closes it: a start of the system will not drop it. */
  async finish(): Promise<void> {
    await this.#tables.env.flush();
    this.close();
    this.#folder.isWhole();
  }

  /** Closes it at once. If the system starts again before another process has closed it properly, it is dropped. */
  close(): void {
    this.#release();
    this.#tables.env.close();
  }

  /**
   * Goes on after a commit that the store has told without those before: states that have no end may have ended. Whether the cache has the same history cannot be asked any more,
   * so processes that are not told of this commit, too, must not go on with it: it gets another generation. If another process has gone on with the cache since `seen`, this
   * one can only compare.
   */
  #goOn(meta: CacheMeta, seen: Pick<Change, 'tid' | 'nonce'> | undefined): void {
    if (meta.at === seen?.tid && meta.nonce === seen.nonce) {
      this.#begin(meta.epoch + 1);
    } else {
      this.#generation = meta.generation;
      this.#isVerified = false;
      this.#verify(meta);
    }
  }

  #begin(epoch: number): void {
    const { tid, nonce } = this.#told;
    this.#generation = randomBytes(8).toString('hex');
    const [storeId, rights] = [this.#storeId, this.#rights];
    this.#tables.clearNonces();
    this.#tables.setMeta({ storeId, rights, generation: this.#generation, epoch, at: tid, nonce });
    this.#tables.addNonce(tid, nonce);
    this.#isVerified = true;
  }

  /** Whether the cache has the history of this process, as far as that is known by now. `ERR_SNAPSHOT_LOST` if it has another one. */
  #verify({ at }: CacheMeta): boolean {
    const { tid, nonce } = this.#told;
    if (this.#isVerified || at < tid) return this.#isVerified;
    const found = this.#tables.nonce(tid);
    if (found === undefined) return false;
    if (found !== nonce) throw dropped('has another history');
    this.#isVerified = true;
    return true;
  }

  /** `ERR_SNAPSHOT_LOST` if everything was dropped meanwhile. */
  #checked(): CacheMeta {
    const meta = this.#tables.meta();
    if (meta?.generation === this.#generation) return meta;
    throw lost();
  }

  /** A snapshot with a commit, if there is one. */
  #open(at: Tid): CacheView | undefined {
    if (this.#view === undefined || this.#view.at < at) {
      this.#release();
      this.#view = CacheView.of(this.#tables, this.#generation);
    }
    return this.#view;
  }

  #isNewest({ version }: CacheView): boolean {
    return native.lastTransaction(this.#tables.environment.native) === version;
  }

  #write(fn: () => void): void {
    this.#release();
    const { env, eviction } = this.#tables;
    env.write(() => {
      eviction.begin();
      this.#tables.forgotten = [];
      fn();
      eviction.end();
    });
  }

  #release(): void {
    const view = this.#view;
    // First: if the stack overflows in the call, nobody reads by a snapshot that has ended.
    this.#view = undefined;
    view?.end();
  }
}
