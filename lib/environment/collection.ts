import { invalidType, LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { bufferFrom } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_APPEND, CHANGE_PUT_NEW } from '../native/constants.ts';
import { answered, native } from '../native/native.ts';
import type { CollectionStat } from '../native/stat.ts';
import { Bounds, type RangeOptions } from '../read/bounds.ts';
import { CollectionCore } from '../read/collection-core.ts';
import type { Entry } from '../read/entry.ts';
import { getMany } from '../read/get-many.ts';
import { Range, ValueRange } from '../read/range.ts';
import { scan } from '../read/scan.ts';
import { asyncScope } from '../transaction/async-reads.ts';
import { getPrivate, getPrivateBytes } from '../transaction/copied-reads.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { ReadScope } from '../transaction/open-read.ts';
import { currentOf, type Scope } from '../transaction/open-transaction.ts';
import { WriteScope, writingOf } from '../transaction/open-write.ts';
import {
  isTransaction,
  openWriteScopeOf,
  scopeOf,
  type Transaction,
  type WriteTransaction,
} from '../transaction/transaction.ts';
import { clear } from '../write/clear.ts';
import { drop } from '../write/drop.ts';
import { withKey, withPair } from '../write/encoded.ts';
import { put } from '../write/put.ts';
import { checkUpdate, type Updatable, updated } from '../write/update.ts';

let coreOf: (value: object) => CollectionCore | undefined;

/** What a Collection stands on; undefined for anything else. */
export function collectionCoreOf(value: unknown): CollectionCore | undefined {
  return typeof value === 'object' && value !== null ? coreOf(value) : undefined;
}

/**
 * A named LMDB database with a key codec and a value codec. `K` and `V` are what it takes, `KView` and `VView` what it
 * gives. Calls that name no transaction belong to the enclosing `env.read(fn)` or `env.write(fn)`, or have one of their
 * own. All throw `ERR_ENV_CLOSED`, `ERR_TXN_ENDED`, and what their codecs throw.
 */
export class Collection<K, V, KView = K, VView = V> {
  readonly #core: CollectionCore;

  /** Not for users: `env.collection()` makes these. */
  constructor(core: CollectionCore) {
    this.#core = CollectionCore.check(core);
  }

  /** Empty for the unnamed database. */
  get name(): string {
    return this.#core.name;
  }

  /** The value of a key, of several the first; undefined if there is none. `ERR_KEY_SIZE` if it cannot be stored. */
  get(key: K, txn?: Transaction): VView | undefined {
    const collection = this.#core;
    const scope = this.#scope(txn);
    const start = writer.position;
    try {
      collection.key.write(key as never, writer);
      const length = writer.position - start;
      if (scope === undefined) {
        return collection.reading(undefined, (own) =>
          getPrivate(own.handle, collection.id, collection.valueIn(own), start, length),
        ) as VView | undefined;
      }
      const value = collection.valueIn(scope);
      if (!scope.lends) return getPrivate(scope.handle, collection.id, value, start, length) as VView | undefined;
      return (scope as ReadScope).get(collection.id, value, start, length) as VView | undefined;
    } finally {
      writer.position = start;
    }
  }

  /** The values of several keys, in their order, undefined for those that are absent. */
  getMany(keys: Iterable<K>, txn?: Transaction): (VView | undefined)[] {
    return getMany(this.#core, keys as Iterable<never>, this.#scope(txn)) as (VView | undefined)[];
  }

  /** Whether there is a value of a key. `ERR_KEY_SIZE` if it cannot be stored. */
  has(key: K, txn?: Transaction): boolean {
    const collection = this.#core;
    const scope = this.#scope(txn);
    return withKey(this.#core, key, (offset, length) =>
      collection.reading(scope, ({ handle }) => answered(native.has(handle, collection.id, offset, length))),
    );
  }

  /**
   * The stored bytes of a key's value as a leased Buffer, undefined if there are none. Writing to it changes that Buffer
   * alone. It needs a transaction, named or enclosing: `ERR_INVALID_ARG_TYPE`. `ENOMEM`.
   */
  getBuffer(key: K, txn?: Transaction): Buffer | undefined {
    const collection = this.#core;
    const scope = this.#scope(txn);
    if (scope === undefined) throw invalidType('txn', 'a transaction, since a leased Buffer needs one to lend it', txn);
    return withKey(this.#core, key, (offset, length) => {
      const memory = scope.lends
        ? (scope as ReadScope).getBuffer(collection.id, offset, length)
        : getPrivateBytes(scope.handle, collection.id, offset, length)?.buffer;
      return memory === undefined ? undefined : bufferFrom(memory);
    });
  }

  /**
   * With `dupSort`: the values of a key, in order, as a Range whose items they are. `ERR_KEY_SIZE`;
   * `ERR_INVALID_ARG_VALUE` if the collection has one value a key.
   */
  getAll(key: K, txn?: Transaction): Range<KView, VView, VView> {
    this.#core.checkDupSort('getAll()');
    const scope = this.#scope(txn);
    return new ValueRange(this.#core, Bounds.ofKey(key, this.#core.key as never), scope, txn);
  }

  /** With `dupSort`: whether a key has this value. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  hasValue(key: K, value: V, txn?: Transaction): boolean {
    const collection = this.#core;
    collection.checkDupSort('hasValue()');
    const scope = this.#scope(txn);
    return withPair(collection, key, value, (keyAt, keyLength, bytes, offset, length) =>
      collection.reading(scope, ({ handle }) =>
        native.hasPair(handle, collection.id, keyAt, keyLength, bytes, offset, length),
      ),
    );
  }

  /**
   * The entries between two bounds, in the order of their keys, and of the values of one key. Options are checked here;
   * reading begins with iteration.
   */
  range(options?: RangeOptions<K>, txn?: Transaction): Range<KView, VView> {
    const scope = this.#scope(txn);
    return new Range(this.#core, Bounds.of(options, this.#core.key as never), scope, txn);
  }

  /**
   * Calls `fn` with one Entry that is aimed at each row in turn, as are its key and its value: nothing is allocated, and
   * nothing of them can be used after `fn` has returned, unless `keep()` was asked. `fn` stops it by returning false.
   */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown, txn?: Transaction): void {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const scope = this.#scope(txn);
    scan(this.#core, Bounds.of(options, this.#core.key as never), fn, scope);
  }

  /** How many entries there are, pairs with `dupSort`; without bounds, in O(1). */
  count(options?: RangeOptions<K>, txn?: Transaction): number {
    const scope = this.#scope(txn);
    return this.#core.count(Bounds.of(options, this.#core.key as never), scope);
  }

  /**
   * Stores a value, in place of any that was there; with `dupSort` beside the others of its key, once.
   * `ERR_KEY_SIZE`, `ERR_VALUE_SIZE`, `MDB_MAP_FULL`, …
   */
  put(key: K, value: V, txn?: WriteTransaction): void {
    put(this.#core, key, value, this.#writeScope(txn), 0);
  }

  /** Stores a value if the key is absent, with `dupSort` if the pair of key and value is; gives whether it was. */
  putNew(key: K, value: V, txn?: WriteTransaction): boolean {
    return put(this.#core, key, value, this.#writeScope(txn), CHANGE_PUT_NEW);
  }

  /**
   * Stores what `fn` makes of the value of a key, and gives that: one write transaction, so that nobody writes in between.
   * `fn` is shown the value that is there, or undefined; a struct's record as a plain object (`toObject()`), so that it can
   * be spread or changed: `people.update('ann', (person) => ({ ...person, age: 42 }))`. If `fn` throws, nothing is stored.
   * `ERR_ASYNC_CALLBACK` if it is async, `ERR_INVALID_ARG_TYPE` if it returns undefined, `ERR_INVALID_ARG_VALUE` with
   * `dupSort`; and what `put` throws.
   */
  update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N, txn?: WriteTransaction): N {
    const collection = this.#core;
    checkUpdate(collection, fn);
    const scope = this.#writeScope(txn);
    if (scope === undefined) return inWrite(collection.core, () => this.update(key, fn));
    const value = updated(collection, this.get(key, txn), fn);
    this.put(key, value, txn);
    return value;
  }

  /**
   * Stores an entry behind the last one, faster than `put`. `ERR_KEY_ORDER` if its key is not greater than the last; with
   * `dupSort` the key may be the last one, if the value is greater.
   */
  append(key: K, value: V, txn?: WriteTransaction): void {
    put(this.#core, key, value, this.#writeScope(txn), CHANGE_APPEND);
  }

  /** Removes a key with all its values; gives whether it was there. */
  del(key: K, txn?: WriteTransaction): boolean {
    const { id } = this.#core;
    const scope = this.#writeScope(txn);
    return withKey(this.#core, key, (offset, length) =>
      this.#writing(scope, ({ handle }) => native.del(handle, id, offset, length)),
    );
  }

  /** With `dupSort`: removes one value of a key; gives whether it was there. `ERR_KEY_SIZE`, `ERR_INVALID_ARG_VALUE`. */
  delValue(key: K, value: V, txn?: WriteTransaction): boolean {
    const collection = this.#core;
    collection.checkDupSort('delValue()');
    const scope = this.#writeScope(txn);
    return withPair(collection, key, value, (keyAt, keyLength, bytes, offset, length) =>
      this.#writing(scope, ({ handle }) =>
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
    const scope = this.#writeScope(named ? (first as WriteTransaction) : second);
    const bounds = Bounds.ofDeletion(
      named ? undefined : (first as RangeOptions<K> | undefined),
      this.#core.key as never,
    );
    return this.#writing(scope, (own) => clear(this.#core, bounds, own));
  }

  /** Removes the collection itself; `env.collection()` makes it anew. */
  drop(txn?: WriteTransaction): void {
    const collection = this.#core;
    this.#writing(this.#writeScope(txn), (scope) => drop(collection, scope));
  }

  /** Pages and entries; those of a pair each, with `dupSort`. */
  stat(txn?: Transaction): CollectionStat {
    const { id } = this.#core;
    return this.#core.reading(this.#scope(txn), ({ handle }) => native.collectionStat(handle, id));
  }

  static {
    coreOf = (value) => (#core in value ? value.#core : undefined);
  }

  static {
    inspectAs(Collection.prototype, (self) => {
      const { name, key, value, dupSort } = self.#core;
      return `Collection '${name}' { key: ${key.name}, value: ${value.name}${dupSort ? ', dupSort: true' : ''} }`;
    });
  }

  /** The transaction that a read belongs to, undefined if it needs one of its own. */
  #scope(txn: Transaction | undefined): Scope | undefined {
    this.#core.core.checkOpen();
    if (txn !== undefined) return scopeOf(this.#core.core, txn);
    const { core } = this.#core;
    return currentOf(core) ?? asyncScope(core);
  }

  #writeScope(txn: WriteTransaction | undefined): WriteScope | undefined {
    this.#core.core.checkOpen();
    if (txn === undefined) return writingOf(this.#core.core);
    const scope = openWriteScopeOf(this.#core.core, txn) ?? scopeOf(this.#core.core, txn);
    if (!scope.writes) {
      throw new LeaseholdError('ERR_READ_ONLY', 'txn is a read transaction: write inside env.write()', {
        path: this.#core.core.path,
      });
    }
    return scope as WriteScope;
  }

  #writing<T>(scope: WriteScope | undefined, fn: (scope: WriteScope) => T): T {
    if (scope !== undefined) return fn(scope);
    const own = new WriteScope(this.#core.core);
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
