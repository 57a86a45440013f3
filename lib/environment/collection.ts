import { invalidType, LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { bufferFrom } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_APPEND, CHANGE_PUT_NEW } from '../native/constants.ts';
import { answered, native } from '../native/native.ts';
import type { CollectionStat } from '../native/stat.ts';
import { Bounds, type RangeOptions } from '../read/bounds.ts';
import type { Entry } from '../read/entry.ts';
import { getMany } from '../read/get-many.ts';
import { OpenCollection } from '../read/open-collection.ts';
import { Range, ValueRange } from '../read/range.ts';
import { scan } from '../read/scan.ts';
import { currentAsyncRead } from '../transaction/async-reads.ts';
import { getPrivate, getPrivateBytes } from '../transaction/copied-reads.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import { currentOf, type OpenTransaction } from '../transaction/open-transaction.ts';
import { OpenWrite, writingOf } from '../transaction/open-write.ts';
import {
  isTransaction,
  openTransactionOf,
  openWriteOf,
  type Transaction,
  type WriteTransaction,
} from '../transaction/transaction.ts';
import { clear } from '../write/clear.ts';
import { drop } from '../write/drop.ts';
import { withKey, withPair } from '../write/encoded.ts';
import { put } from '../write/put.ts';
import { checkUpdate, type Updatable, updated } from '../write/update.ts';

let openOf: (value: object) => OpenCollection | undefined;

/** What a Collection stands on; undefined for anything else. */
export function openCollectionOf(value: unknown): OpenCollection | undefined {
  return typeof value === 'object' && value !== null ? openOf(value) : undefined;
}

/**
 * A named LMDB database with a key codec and a value codec. `K` and `V` are what it takes, `KView` and `VView` what it
 * gives. Calls that name no transaction belong to the enclosing `env.read(fn)` or `env.write(fn)`, or have one of their
 * own. All throw `ERR_ENV_CLOSED`, `ERR_TXN_ENDED`, and what their codecs throw.
 */
export class Collection<K, V, KView = K, VView = V> {
  readonly #collection: OpenCollection;

  /** Not for users: `env.collection()` makes these. */
  constructor(collection: OpenCollection) {
    this.#collection = OpenCollection.check(collection);
  }

  /** Empty for the unnamed database. */
  get name(): string {
    return this.#collection.name;
  }

  /** The value of a key, of several the first; undefined if there is none. `ERR_KEY_SIZE` if it cannot be stored. */
  get(key: K, txn?: Transaction): VView | undefined {
    const collection = this.#collection;
    const transaction = this.#transaction(txn);
    const start = writer.position;
    try {
      collection.key.write(key as never, writer);
      const length = writer.position - start;
      if (transaction === undefined) {
        return collection.reading(undefined, (own) =>
          getPrivate(own.handle, collection.id, collection.valueIn(own), start, length),
        ) as VView | undefined;
      }
      const value = collection.valueIn(transaction);
      if (!transaction.lends)
        return getPrivate(transaction.handle, collection.id, value, start, length) as VView | undefined;
      return (transaction as OpenRead).get(collection.id, value, start, length) as VView | undefined;
    } finally {
      writer.position = start;
    }
  }

  /** The values of several keys, in their order, undefined for those that are absent. */
  getMany(keys: Iterable<K>, txn?: Transaction): (VView | undefined)[] {
    return getMany(this.#collection, keys as Iterable<never>, this.#transaction(txn)) as (VView | undefined)[];
  }

  /** Whether there is a value of a key. `ERR_KEY_SIZE` if it cannot be stored. */
  has(key: K, txn?: Transaction): boolean {
    const collection = this.#collection;
    const transaction = this.#transaction(txn);
    return withKey(this.#collection, key, (offset, length) =>
      collection.reading(transaction, ({ handle }) => answered(native.has(handle, collection.id, offset, length))),
    );
  }

  /**
   * The stored bytes of a key's value as a leased Buffer, undefined if there are none. Writing to it changes that Buffer
   * alone. It needs a transaction, named or enclosing: `ERR_INVALID_ARG_TYPE`. `ENOMEM`.
   */
  getBuffer(key: K, txn?: Transaction): Buffer | undefined {
    const collection = this.#collection;
    const transaction = this.#transaction(txn);
    if (transaction === undefined)
      throw invalidType('txn', 'a transaction, since a leased Buffer needs one to lend it', txn);
    return withKey(this.#collection, key, (offset, length) => {
      const memory = transaction.lends
        ? (transaction as OpenRead).getBuffer(collection.id, offset, length)
        : getPrivateBytes(transaction.handle, collection.id, offset, length)?.buffer;
      return memory === undefined ? undefined : bufferFrom(memory);
    });
  }

  /**
   * With `dupSort`: the values of a key, in order, as a Range whose items they are. `ERR_KEY_SIZE`;
   * `ERR_INVALID_ARG_VALUE` if the collection has one value a key.
   */
  getAll(key: K, txn?: Transaction): Range<KView, VView, VView> {
    this.#collection.checkDupSort('getAll()');
    const transaction = this.#transaction(txn);
    return new ValueRange(this.#collection, Bounds.ofKey(key, this.#collection.key as never), transaction, txn);
  }

  /** With `dupSort`: whether a key has this value. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  hasValue(key: K, value: V, txn?: Transaction): boolean {
    const collection = this.#collection;
    collection.checkDupSort('hasValue()');
    const transaction = this.#transaction(txn);
    return withPair(collection, key, value, (keyAt, keyLength, bytes, offset, length) =>
      collection.reading(transaction, ({ handle }) =>
        native.hasPair(handle, collection.id, keyAt, keyLength, bytes, offset, length),
      ),
    );
  }

  /**
   * The entries between two bounds, in the order of their keys, and of the values of one key. Options are checked here;
   * reading begins with iteration.
   */
  range(options?: RangeOptions<K>, txn?: Transaction): Range<KView, VView> {
    const transaction = this.#transaction(txn);
    return new Range(this.#collection, Bounds.of(options, this.#collection.key as never), transaction, txn);
  }

  /**
   * Calls `fn` with one Entry that is aimed at each row in turn, as are its key and its value: nothing is allocated, and
   * nothing of them can be used after `fn` has returned, unless `keep()` was asked. `fn` stops it by returning false.
   */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown, txn?: Transaction): void {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const transaction = this.#transaction(txn);
    scan(this.#collection, Bounds.of(options, this.#collection.key as never), fn, transaction);
  }

  /** How many entries there are, pairs with `dupSort`; without bounds, in O(1). */
  count(options?: RangeOptions<K>, txn?: Transaction): number {
    const transaction = this.#transaction(txn);
    return this.#collection.count(Bounds.of(options, this.#collection.key as never), transaction);
  }

  /**
   * Stores a value, in place of any that was there; with `dupSort` beside the others of its key, once.
   * `ERR_KEY_SIZE`, `ERR_VALUE_SIZE`, `MDB_MAP_FULL`, …
   */
  put(key: K, value: V, txn?: WriteTransaction): void {
    put(this.#collection, key, value, this.#writeTransaction(txn), 0);
  }

  /** Stores a value if the key is absent, with `dupSort` if the pair of key and value is; gives whether it was. */
  putNew(key: K, value: V, txn?: WriteTransaction): boolean {
    return put(this.#collection, key, value, this.#writeTransaction(txn), CHANGE_PUT_NEW);
  }

  /**
   * Stores what `fn` makes of the value of a key, and gives that: one write transaction, so that nobody writes in between.
   * `fn` is shown the value that is there, or undefined; a struct's record as a plain object (`toObject()`), so that it can
   * be spread or changed: `people.update('ann', (person) => ({ ...person, age: 42 }))`. If `fn` throws, nothing is stored.
   * `ERR_ASYNC_CALLBACK` if it is async, `ERR_INVALID_ARG_TYPE` if it returns undefined, `ERR_INVALID_ARG_VALUE` with
   * `dupSort`; and what `put` throws.
   */
  update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N, txn?: WriteTransaction): N {
    const collection = this.#collection;
    checkUpdate(collection, fn);
    const transaction = this.#writeTransaction(txn);
    if (transaction === undefined) return inWrite(collection.environment, () => this.update(key, fn));
    const value = updated(collection, this.get(key, txn), fn);
    this.put(key, value, txn);
    return value;
  }

  /**
   * Stores an entry behind the last one, faster than `put`. `ERR_KEY_ORDER` if its key is not greater than the last; with
   * `dupSort` the key may be the last one, if the value is greater.
   */
  append(key: K, value: V, txn?: WriteTransaction): void {
    put(this.#collection, key, value, this.#writeTransaction(txn), CHANGE_APPEND);
  }

  /** Removes a key with all its values; gives whether it was there. */
  del(key: K, txn?: WriteTransaction): boolean {
    const { id } = this.#collection;
    const transaction = this.#writeTransaction(txn);
    return withKey(this.#collection, key, (offset, length) =>
      this.#writing(transaction, ({ handle }) => native.del(handle, id, offset, length)),
    );
  }

  /** With `dupSort`: removes one value of a key; gives whether it was there. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  delValue(key: K, value: V, txn?: WriteTransaction): boolean {
    const collection = this.#collection;
    collection.checkDupSort('delValue()');
    const transaction = this.#writeTransaction(txn);
    return withPair(collection, key, value, (keyAt, keyLength, bytes, offset, length) =>
      this.#writing(transaction, ({ handle }) =>
        native.delPair(handle, collection.id, keyAt, keyLength, bytes, offset, length),
      ),
    );
  }

  /**
   * Removes all entries, or those of a range; gives how many there were. `limit` with `reverse` removes the last ones.
   * `ERR_INVALID_ARG_VALUE` if one is the record of a collection, in the unnamed database.
   */
  clear(options?: RangeOptions<K>, txn?: WriteTransaction): number;
  clear(txn?: WriteTransaction): number;
  clear(first?: RangeOptions<K> | WriteTransaction, second?: WriteTransaction): number {
    const named = isTransaction(first);
    const transaction = this.#writeTransaction(named ? (first as WriteTransaction) : second);
    const bounds = Bounds.ofDeletion(
      named ? undefined : (first as RangeOptions<K> | undefined),
      this.#collection.key as never,
    );
    return this.#writing(transaction, (own) => clear(this.#collection, bounds, own));
  }

  /** Removes the collection itself; `env.collection()` makes it anew. */
  drop(txn?: WriteTransaction): void {
    const collection = this.#collection;
    this.#writing(this.#writeTransaction(txn), (transaction) => drop(collection, transaction));
  }

  /** Pages and entries; those of a pair each, with `dupSort`. */
  stat(txn?: Transaction): CollectionStat {
    const { id } = this.#collection;
    return this.#collection.reading(this.#transaction(txn), ({ handle }) => native.collectionStat(handle, id));
  }

  static {
    openOf = (value) => (#collection in value ? value.#collection : undefined);
  }

  static {
    inspectAs(Collection.prototype, (self) => {
      const { name, key, value, dupSort } = self.#collection;
      return `Collection '${name}' { key: ${key.name}, value: ${value.name}${dupSort ? ', dupSort: true' : ''} }`;
    });
  }

  /** The transaction that a read belongs to, undefined if it needs one of its own. */
  #transaction(txn: Transaction | undefined): OpenTransaction | undefined {
    this.#collection.environment.checkOpen();
    if (txn !== undefined) return openTransactionOf(this.#collection.environment, txn);
    const { environment } = this.#collection;
    return currentOf(environment) ?? currentAsyncRead(environment);
  }

  #writeTransaction(txn: WriteTransaction | undefined): OpenWrite | undefined {
    this.#collection.environment.checkOpen();
    if (txn === undefined) return writingOf(this.#collection.environment);
    const transaction =
      openWriteOf(this.#collection.environment, txn) ?? openTransactionOf(this.#collection.environment, txn);
    if (!transaction.writes) {
      throw new LeaseholdError('ERR_READ_ONLY', 'txn is a read transaction: write inside env.write()', {
        path: this.#collection.environment.path,
      });
    }
    return transaction as OpenWrite;
  }

  #writing<T>(transaction: OpenWrite | undefined, fn: (transaction: OpenWrite) => T): T {
    if (transaction !== undefined) return fn(transaction);
    const own = new OpenWrite(this.#collection.environment);
    try {
      const result = fn(own);
      own.commit();
      return result;
    } finally {
      own.open = false;
      own.abort();
    }
  }
}
