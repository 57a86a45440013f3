import { LeaseholdError } from '../base/errors.ts';
import type { ClearOptions } from '../read/range-options.ts';
import type { StateWrite, Tid } from '../versions/engine/engine.ts';
import { isAbsent } from '../versions/engine/is-absent.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import type { Updatable } from '../write/updated.ts';
import { checkFunction, checkVersion } from './checks.ts';
import type { CollectionCodecs } from './collection-codecs.ts';
import { keysOf, ReadableCollection, type StoreRangeOptions } from './readable-collection.ts';
import type { Reads } from './reads.ts';
import type { StoreEntry } from './rows/store-entry.ts';
import type { StoreRange } from './rows/store-range.ts';
import type { StoreTransaction, TransactionCollection } from './store-transaction.ts';
import type { StoreView } from './store-view.ts';
import type { StoreChange, WatchOptions } from './watch.ts';

/** How often `update` calls its function again at most. */
const UPDATE_RETRIES = 100;

/** What reads may name, in place of the newest commit. */
export type StoreRead = StoreView | StoreTransaction;

/** What a collection asks of its store. */
export interface CollectionStore {
  /** Commits writes without conditions, or under the condition that these keys have these versions. Undefined if they have not. */
  commit(
    writes: readonly StateWrite[],
    reads: readonly (Omit<StateWrite, 'bytes'> & { tid: Tid })[],
  ): Promise<Tid | undefined>;
  /** The collection of that name in a view or a transaction of this store. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
  within(given: StoreRead, codecs: CollectionCodecs): ReadableCollection<never, never, never>;
  /** The same, to write to. */
  writable(given: StoreTransaction, codecs: CollectionCodecs): TransactionCollection<never, never, never, never>;
  transact<T>(fn: (transaction: StoreTransaction) => Promise<T>, options?: TransactOptions): Promise<T>;
  watch<K, KView>(codecs: CollectionCodecs, options: WatchOptions<K> | undefined): StoreChanges<KView>;
}

/** The changes of a collection, as they come. */
export type StoreChanges<KView> = AsyncIterableIterator<StoreChange<KView>, undefined> & AsyncDisposable;

/**
 * A collection of a store. Reads see the newest commit that the store has been told; with a view or a transaction as their last argument, what
 * that sees. Each write is a commit of its own, durable as the engine makes it, unless it names a transaction. Errors are those of ReadableCollection.
 */
export class StoreCollection<K, V, KView = K, VView = V> extends ReadableCollection<K, KView, VView> {
  readonly #codecs: CollectionCodecs;
  readonly #reads: Reads;
  readonly #store: CollectionStore;

  /** Not for users: `store.collection()` gives these. */
  constructor(codecs: CollectionCodecs, reads: Reads, store: CollectionStore) {
    super(codecs, reads);
    this.#codecs = codecs;
    this.#reads = reads;
    this.#store = store;
  }

  /**
   * The collection in a view or a transaction, which its calls then need not name: it reads, and in a transaction it writes. `ERR_INVALID_ARG_TYPE`,
   * `ERR_INVALID_ARG_VALUE` if that is of another store.
   */
  in(within: StoreTransaction): TransactionCollection<K, V, KView, VView>;
  in(within: StoreRead): ReadableCollection<K, KView, VView>;
  in(within: StoreRead): ReadableCollection<K, KView, VView> {
    return this.#within(within);
  }

  override get(key: K, within?: StoreRead): Promise<VView | undefined> {
    return within === undefined ? super.get(key) : this.#within(within).get(key);
  }

  override getMany(keys: Iterable<K>, within?: StoreRead): Promise<(VView | undefined)[]> {
    return within === undefined ? super.getMany(keys) : this.#within(within).getMany(keys);
  }

  override has(key: K, within?: StoreRead): Promise<boolean> {
    return within === undefined ? super.has(key) : this.#within(within).has(key);
  }

  override version(key: K, within?: StoreRead): Promise<number> {
    return within === undefined ? super.version(key) : this.#within(within).version(key);
  }

  override range(options?: StoreRangeOptions<K>, within?: StoreRead): StoreRange<StoreEntry<KView, VView>> {
    return within === undefined ? super.range(options) : this.#within(within).range(options);
  }

  override scan(
    options: StoreRangeOptions<K> | undefined,
    fn: (entry: StoreEntry<KView, VView>) => unknown,
    within?: StoreRead,
  ): Promise<void> {
    return within === undefined ? super.scan(options, fn) : this.#within(within).scan(options, fn);
  }

  override count(options?: StoreRangeOptions<K>, within?: StoreRead): Promise<number> {
    return within === undefined ? super.count(options) : this.#within(within).count(options);
  }

  /** Stores a value. Gives the number of the commit; in a transaction, undefined. `ERR_READ_ONLY`, `ERR_KEY_SIZE`. */
  async put(key: K, value: V, transaction?: StoreTransaction): Promise<number | undefined> {
    if (transaction !== undefined) return void (await this.#writable(transaction).put(key, value));
    const codecs = await this.#codecs.get();
    const write = { collection: this.name, key: codecs.encodeKey(key), bytes: codecs.encodeValue(value) };
    return this.#store.commit([write], []);
  }

  /** Stores a value if the key is absent, and gives whether it was. */
  async putNew(key: K, value: V, transaction?: StoreTransaction): Promise<boolean> {
    if (transaction !== undefined) return this.#writable(transaction).putNew(key, value);
    return this.#changeIf(key, 0, (codecs) => codecs.encodeValue(value));
  }

  /** Stores a value if the key has that version, 0 if it must be absent. Gives whether it was so. */
  async putIf(key: K, value: V, version: number, transaction?: StoreTransaction): Promise<boolean> {
    if (transaction !== undefined) return this.#writable(transaction).putIf(key, value, version);
    return this.#changeIf(key, version, (codecs) => codecs.encodeValue(value));
  }

  /**
   * Calls `fn` with the value of a key, stores what `fn` returns, and gives that; if the key is absent, `fn` gets undefined. Nobody writes in between: if somebody
   * does, `fn` is called again with the newer value. So it may be called several times, and must have no effects outside. A struct's record is passed as a plain object, so
   * that it can be spread or changed: `people.update('ann', (person) => ({ ...person, age: 42 }))`. `ERR_ASYNC_CALLBACK` if `fn` is async, `ERR_INVALID_ARG_TYPE` if it
   * returns undefined, `ERR_CONFLICT` if others write faster, and what `put` throws.
   */
  async update<N extends V>(
    key: K,
    fn: (value: Updatable<VView> | undefined) => N,
    transaction?: StoreTransaction,
  ): Promise<N> {
    checkFunction(fn);
    if (transaction !== undefined) return this.#writable(transaction).update(key, fn);
    return this.#store.transact((own) => this.#writable(own).update(key, fn), { retries: UPDATE_RETRIES });
  }

  /** Deletes a key, and gives whether it was there. */
  async del(key: K, transaction?: StoreTransaction): Promise<boolean> {
    if (transaction !== undefined) return this.#writable(transaction).del(key);
    // It is deleted in the version that was seen: otherwise two might both have deleted it.
    for (;;) {
      const version = await this.version(key);
      if (version === 0) return false;
      if (await this.delIf(key, version)) return true;
    }
  }

  /** Deletes a key if it has that version. Gives whether it was so. */
  async delIf(key: K, version: number, transaction?: StoreTransaction): Promise<boolean> {
    if (transaction !== undefined) return this.#writable(transaction).delIf(key, version);
    return this.#changeIf(key, version, () => undefined);
  }

  /**
   * Deletes the entries of a range, all of them by default, in one commit, and gives how many there were. All keys of the range are read first, and a server
   * takes commits up to its `limits.commit`. `ERR_INVALID_ARG_TYPE` for a bound that is there but undefined.
   */
  clear(options?: ClearOptions<K>, transaction?: StoreTransaction): Promise<number> {
    if (transaction !== undefined) return this.#writable(transaction).clear(options);
    return this.#store.transact((own) => this.#writable(own).clear(options));
  }

  /**
   * Reads keys, or a range, so that a cache has them (`connect(…, { cache })`), and gives how many entries there are. Without a cache nothing
   * remembers them.
   */
  async prefetch(wanted: Iterable<K> | StoreRangeOptions<K> = {}): Promise<number> {
    const codecs = await this.#codecs.get();
    let count = 0;
    if (typeof (wanted as Partial<Iterable<K>> | null)?.[Symbol.iterator] !== 'function') {
      await keysOf(this.#reads, this.name, codecs.bounds(wanted as StoreRangeOptions<unknown>), () => count++);
      return count;
    }
    const keys: Uint8Array[] = [];
    for (const key of wanted as Iterable<K>) keys.push(codecs.encodeKey(key));
    for (const isThere of await this.#reads.getMany(this.name, keys, (read) => !isAbsent(read))) if (isThere) count++;
    return count;
  }

  /** What others and this program change from now on, commit by commit; with `after`, from the commit after that one on. `ERR_TOO_OLD`. */
  watch(options?: WatchOptions<K>): StoreChanges<KView> {
    return this.#store.watch(this.#codecs, options);
  }

  async #changeIf(
    key: K,
    version: number,
    encode: (codecs: Awaited<ReturnType<CollectionCodecs['get']>>) => Uint8Array | undefined,
  ): Promise<boolean> {
    checkVersion(version);
    const codecs = await this.#codecs.get();
    const at = { collection: this.name, key: codecs.encodeKey(key) };
    return (await this.#store.commit([{ ...at, bytes: encode(codecs) }], [{ ...at, tid: version }])) !== undefined;
  }

  #writable(given: StoreTransaction): TransactionCollection<K, V, KView, VView> {
    return this.#store.writable(given, this.#codecs) as TransactionCollection<K, V, KView, VView>;
  }

  #within(given: StoreRead): ReadableCollection<K, KView, VView> {
    return this.#store.within(given, this.#codecs) as ReadableCollection<K, KView, VView>;
  }
}

/** `ERR_CONFLICT` */
export function conflict(message: string): LeaseholdError {
  return new LeaseholdError('ERR_CONFLICT', message);
}
