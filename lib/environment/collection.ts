import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_APPEND, CHANGE_DELETE, CHANGE_DELETE_VALUE, CHANGE_PUT, CHANGE_PUT_NEW } from '../native/constants.ts';
import { native } from '../native/native.ts';
import type { CollectionStat } from '../native/stat.ts';
import { Bounds } from '../read/bounds.ts';
import type { Entry } from '../read/entry.ts';
import { getBuffer } from '../read/get-buffer.ts';
import { getMany } from '../read/get-many.ts';
import { getUnlent, has, hasValue } from '../read/lookups.ts';
import { OpenCollection } from '../read/open-collection.ts';
import { type EntryRange, Range, rangeOf, type ValueRange } from '../read/range.ts';
import { VALUES } from '../read/range-rows.ts';
import type { ClearOptions, RangeOptions, ValueRangeOptions } from '../read/range-options.ts';
import type { Readable } from '../read/readable.ts';
import { scan } from '../read/scan.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import {
  type ChangingTxn,
  isTransaction,
  openTransactionOf,
  type ReadTransaction,
  type Transaction,
} from '../transaction/transaction.ts';
import { deleteIf, putIf } from '../versions/conditional.ts';
import { expiresAt, putUntil } from '../versions/expiring.ts';
import type { Feed } from '../versions/feed.ts';
import { versionOf } from '../versions/version.ts';
import { type KeysChanged, type WatchOptions, watch } from '../versions/watch.ts';
import { changeKey, clear, drop } from '../write/change.ts';
import { update } from '../write/update.ts';
import type { Updatable } from '../write/updated.ts';
import { CollectionInRead, CollectionInWrite } from './collection-in.ts';
import { type OtherCodecs, readWith } from './given-codecs.ts';
import { shownCollection } from './shown-collection.ts';

let openOf: (value: object) => OpenCollection | undefined;

/** What is behind a Collection; undefined for anything else. */
export function openCollectionOf(value: unknown): OpenCollection | undefined {
  return typeof value === 'object' && value !== null ? openOf(value) : undefined;
}

/** A collection that is read with other codecs: what `collection.as()` gives. */
export type CollectionAs<K, V, KView = K, VView = V> = Omit<
  Collection<K, V, KView, VView>,
  'put' | 'putUntil' | 'putNew' | 'putIf' | 'append' | 'update' | 'drop' | 'in'
> & {
  /** The collection in a transaction, which its calls then need not name. */
  in(txn: Transaction): Readable<K, V, KView, VView>;
};

/**
 * A named LMDB database with a key codec and a value codec. `K` and `V` are what it takes, `KView` and `VView` what it
 * gives. Calls that name no transaction belong to the surrounding `env.read(fn)` or `env.write(fn)`. If there is none, each
 * is a transaction of its own. All calls throw `ERR_ENV_CLOSED`, `ERR_TXN_ENDED`, and what their codecs throw.
 */
export class Collection<K, V, KView = K, VView = V> implements Readable<K, V, KView, VView> {
  readonly #collection: OpenCollection;

  /** Not for users: `env.collection()` makes these. */
  constructor(collection: OpenCollection) {
    this.#collection = OpenCollection.check(collection);
  }

  /** Empty for the unnamed database. */
  get name(): string {
    return this.#collection.name;
  }

  /**
   * The collection in a transaction, which its calls then need not name: it reads, and in a write transaction it writes.
   * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` if `txn` belongs to another environment.
   */
  in(txn: ChangingTxn): CollectionInWrite<K, V, KView, VView>;
  in(txn: ReadTransaction): CollectionInRead<K, V, KView, VView>;
  in(txn: Transaction): CollectionInRead<K, V, KView, VView>;
  in(txn: Transaction): CollectionInRead<K, V, KView, VView> {
    const collection = this.#collection;
    collection.environment.checkOpen();
    return openTransactionOf(collection.environment, txn).changes
      ? new CollectionInWrite<K, V, KView, VView>(this, txn as ChangingTxn)
      : new CollectionInRead<K, V, KView, VView>(this, txn);
  }

  /**
   * The same collection, read with other codecs of the same bytes: `people.as({ value: bytes })` gives what is stored. The
   * database does not remember these codecs. What does not decode is `ERR_CODEC` when it is read. Entries can be deleted,
   * but storing throws `ERR_READ_ONLY`. `ERR_CODEC` for a struct whose schema does not fit that of the collection;
   * `ERR_INVALID_ARG_TYPE` for what is no codec, `ERR_INVALID_ARG_VALUE`.
   */
  as<K2 = K, V2 = V, KView2 = KView, VView2 = VView>(
    codecs: OtherCodecs<K2, V2, KView2, VView2>,
  ): CollectionAs<K2, V2, KView2, VView2> {
    return new Collection<K2, V2, KView2, VView2>(readWith(this.#collection, codecs));
  }

  /** The value of a key, or the first of several; undefined if the key is absent. `ERR_KEY_SIZE` if no such key can be stored. */
  get(key: K, txn?: Transaction): VView | undefined {
    const collection = this.#collection;
    const transaction = collection.readTransaction(txn);
    const start = writer.position;
    try {
      collection.key.write(key as never, writer);
      const length = writer.position - start;
      if (transaction === undefined || !transaction.lends || collection.sharing !== undefined)
        return getUnlent(collection, transaction, start, length) as VView | undefined;
      const value = collection.valueIn(transaction);
      return (transaction as OpenRead).get(collection.id, value, start, length) as VView | undefined;
    } finally {
      writer.position = start;
    }
  }

  /** The values of several keys, in the order of the keys, with undefined for each key that is absent. */
  getMany(keys: Iterable<K>, txn?: Transaction): (VView | undefined)[] {
    const found: unknown[] = getMany(this.#collection, keys as Iterable<never>, this.#collection.readTransaction(txn));
    return found as (VView | undefined)[];
  }

  /** Whether a key is there. `ERR_KEY_SIZE` if no such key can be stored. */
  has(key: K, txn?: Transaction): boolean {
    return has(this.#collection, key, this.#collection.readTransaction(txn));
  }

  /**
   * The number of the commit that wrote a key's value, 0 if the key is absent; in the transaction that writes it, the number
   * that its commit will have. `ERR_KEY_SIZE`; `ERR_INVALID_ARG_VALUE` for a collection without `versions`.
   */
  version(key: K, txn?: Transaction): number {
    return versionOf(this.#collection, key, this.#collection.readTransaction(txn));
  }

  /**
   * The stored bytes of a key's value as a leased Buffer; undefined if the key is absent. Writing to the Buffer changes only
   * the Buffer. Without a transaction, named or surrounding, it throws `ERR_INVALID_ARG_TYPE`. `ENOMEM`.
   */
  getBuffer(key: K, txn?: Transaction): Buffer | undefined {
    return getBuffer(this.#collection, key, txn);
  }

  /**
   * With `dupSort`: a Range over the values of one key, in order. The bounds of `options` are values. `ERR_KEY_SIZE`. `ERR_INVALID_ARG_VALUE`
   * if the collection has one value a key, and what `range` throws.
   */
  getAll(key: K, options?: ValueRangeOptions<V>, txn?: Transaction): ValueRange<V, KView, VView>;
  getAll(key: K, txn?: Transaction): ValueRange<V, KView, VView>;
  getAll(key: K, first?: ValueRangeOptions<V> | Transaction, second?: Transaction): ValueRange<V, KView, VView> {
    this.#collection.checkDupSort('getAll()');
    const [options, txn] = isTransaction(first) ? [undefined, first as Transaction] : [first, second];
    const transaction = this.#collection.readTransaction(txn);
    const bounds = Bounds.ofKey(key, options as ValueRangeOptions<V> | undefined, this.#collection);
    return new Range(this.#collection, bounds, transaction, txn, VALUES);
  }

  /** With `dupSort`: whether a key has this value. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  hasValue(key: K, value: V, txn?: Transaction): boolean {
    this.#collection.checkDupSort('hasValue()');
    return hasValue(this.#collection, key, value, this.#collection.readTransaction(txn));
  }

  /**
   * The entries between two bounds, in the order of their keys; with `dupSort`, the values of one key in order too. Options are
   * checked here. Reading begins with the iteration.
   */
  range(options?: RangeOptions<K>, txn?: Transaction): EntryRange<K, KView, VView> {
    return rangeOf<K, KView, VView>(this.#collection, options, txn);
  }

  /**
   * Calls `fn` for each entry of a range, with the same Entry object every time. Nothing is allocated. The Entry, its key and its value are
   * valid until `fn` returns; `keep()` gives a sink that stays valid. If `fn` returns false, the scan stops.
   */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown, txn?: Transaction): void {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const transaction = this.#collection.readTransaction(txn);
    scan(this.#collection, Bounds.of(options, this.#collection), fn, transaction);
  }

  /** How many entries a range has (with `dupSort`: pairs). Without bounds it takes O(1), but for `expires`. */
  count(options?: RangeOptions<K>, txn?: Transaction): number {
    const transaction = this.#collection.readTransaction(txn);
    return this.#collection.count(Bounds.of(options, this.#collection), transaction);
  }

  /**
   * Stores a value, and replaces the old one. With `dupSort`, adds the pair of key and value if it is not there.
   * `ERR_KEY_SIZE`, `ERR_VALUE_SIZE`, `MDB_MAP_FULL`, …
   */
  put(key: K, value: V, txn?: ChangingTxn): void {
    changeKey(this.#collection, CHANGE_PUT, key, value, this.#collection.writeTransaction(txn));
  }

  /**
   * With `expires`: stores a value that is absent from a time on: a Date or ms since 1970, Infinity for a value that stays. If the time has
   * passed, the key is absent at once. `ERR_OUT_OF_RANGE`, and what `put` throws.
   */
  putUntil(key: K, value: V, expires: Date | number, txn?: ChangingTxn): void {
    putUntil(this.#collection, key, value, expires, this.#collection.writeTransaction(txn));
  }

  /** With `expires`: the time in ms since 1970 after which a key's value is absent, Infinity if it stays; undefined if the key is absent. */
  expiresAt(key: K, txn?: Transaction): number | undefined {
    return expiresAt(this.#collection, key, this.#collection.readTransaction(txn));
  }

  /** Stores a value if the key is absent (with `dupSort`: if the pair is), and returns whether it was absent. */
  putNew(key: K, value: V, txn?: ChangingTxn): boolean {
    return changeKey(this.#collection, CHANGE_PUT_NEW, key, value, this.#collection.writeTransaction(txn)) > 0;
  }

  /**
   * Calls `fn` with the value of a key, stores what `fn` returns, and returns it. Everything is one write transaction, so nobody writes in
   * between. If the key is absent, `fn` gets undefined. A struct's record is passed as a plain object (`toObject()`), so that it can
   * be spread or changed: `people.update('ann', (person) => ({ ...person, age: 42 }))`. If `fn` throws, nothing is stored.
   * With `share: true`, `fn` gets a draft of the shared state, and changes it or returns another value, not both (`ERR_INVALID_ARG_VALUE`).
   * With `expires`, the new value has the time of the old one. `ERR_ASYNC_CALLBACK` if `fn` is async, `ERR_INVALID_ARG_TYPE` if it returns
   * undefined, `ERR_INVALID_ARG_VALUE` if the collection has `dupSort`, and what `put` throws.
   */
  update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N, txn?: ChangingTxn): N {
    const collection = this.#collection;
    return update(collection, key, fn, collection.writeTransaction(txn), () => this.get(key)) as N;
  }

  /**
   * Stores an entry behind the last one, faster than `put`. `ERR_KEY_ORDER` if its key is not greater than the last key. With
   * `dupSort`, the key may equal the last key if the value is greater.
   */
  append(key: K, value: V, txn?: ChangingTxn): void {
    changeKey(this.#collection, CHANGE_APPEND, key, value, this.#collection.writeTransaction(txn));
  }

  /** Deletes a key with all its values, and returns whether the key was there. */
  del(key: K, txn?: ChangingTxn): boolean {
    return changeKey(this.#collection, CHANGE_DELETE, key, undefined, this.#collection.writeTransaction(txn)) > 0;
  }

  /** Stores a value if the key has that version (0: if it is absent), and returns whether it had. `ERR_INVALID_ARG_VALUE` without `versions`. */
  putIf(key: K, value: V, version: number, txn?: ChangingTxn): boolean {
    return putIf(this.#collection, key, value, version, this.#collection.writeTransaction(txn));
  }

  /** Deletes a key if it has that version, and returns whether it had. A key that is absent has version 0. */
  delIf(key: K, version: number, txn?: ChangingTxn): boolean {
    return deleteIf(this.#collection, key, version, this.#collection.writeTransaction(txn));
  }

  /** With `dupSort`: deletes one value of a key, and returns whether it was there. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  delValue(key: K, value: V, txn?: ChangingTxn): boolean {
    return changeKey(this.#collection, CHANGE_DELETE_VALUE, key, value, this.#collection.writeTransaction(txn)) > 0;
  }

  /**
   * Deletes all entries, or those of a range, and returns how many. `limit` with `reverse` deletes the last ones.
   * `ERR_INVALID_ARG_VALUE` if, in the unnamed database, one of them is the record of a collection.
   */
  clear(options?: ClearOptions<K>, txn?: ChangingTxn): number;
  clear(txn?: ChangingTxn): number;
  clear(first?: ClearOptions<K> | ChangingTxn, second?: ChangingTxn): number {
    const named = isTransaction(first);
    const transaction = this.#collection.writeTransaction(named ? (first as ChangingTxn) : second);
    const bounds = Bounds.ofDeletion(named ? undefined : (first as ClearOptions<K> | undefined), this.#collection);
    return clear(this.#collection, bounds, transaction);
  }

  /** Deletes the collection itself. `env.collection()` makes it again. */
  drop(txn?: ChangingTxn): void {
    drop(this.#collection, this.#collection.writeTransaction(txn));
  }

  /**
   * With `versions`: the commits of any thread and process that change keys between these bounds, or drop the collection. See Feed for what
   * it does and throws. `ERR_INVALID_ARG_VALUE` in a collection without versions.
   */
  watch(options: WatchOptions<K> = {}): Feed<KeysChanged<KView>> {
    return watch(this.#collection, options);
  }

  /** Pages and entries (with `dupSort`: pairs). */
  stat(txn?: Transaction): CollectionStat {
    const { id } = this.#collection;
    return this.#collection.reading(this.#collection.readTransaction(txn), ({ handle }) =>
      native.collectionStat(handle, id),
    );
  }

  static {
    openOf = (value) => (#collection in value ? value.#collection : undefined);
    inspectAs(Collection.prototype, (self, depth, options) => shownCollection(self.#collection, depth, options));
  }
}
