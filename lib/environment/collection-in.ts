import { inspect } from 'node:util';
import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { CollectionStat } from '../native/stat.ts';
import type { Entry } from '../read/entry.ts';
import type { EntryRange, ValueRange } from '../read/range.ts';
import type { ClearOptions, RangeOptions, ValueRangeOptions } from '../read/range-options.ts';
import type { Readable } from '../read/readable.ts';
import { type ChangingTxn, isTransaction, type Transaction } from '../transaction/transaction.ts';
import type { Updatable } from '../write/updated.ts';

/** The same calls with a transaction behind their arguments. */
type Naming<Calls, T> = {
  readonly [N in keyof Calls]: Calls[N] extends (...args: infer A) => infer R
    ? (...args: [...A, txn: T]) => R
    : Calls[N];
};

/** What a Collection does, of which these views name the transaction. */
interface Reads<K, V, KView, VView> extends Naming<Readable<K, V, KView, VView>, Transaction> {
  getBuffer(key: K, txn: Transaction): Buffer | undefined;
  stat(txn: Transaction): CollectionStat;
  expiresAt(key: K, txn: Transaction): number | undefined;
}

interface Writes<K, V, KView, VView> extends Reads<K, V, KView, VView> {
  put(key: K, value: V, txn: ChangingTxn): void;
  putUntil(key: K, value: V, expires: Date | number, txn: ChangingTxn): void;
  putNew(key: K, value: V, txn: ChangingTxn): boolean;
  putIf(key: K, value: V, version: number, txn: ChangingTxn): boolean;
  append(key: K, value: V, txn: ChangingTxn): void;
  update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N, txn: ChangingTxn): N;
  del(key: K, txn: ChangingTxn): boolean;
  delIf(key: K, version: number, txn: ChangingTxn): boolean;
  delValue(key: K, value: V, txn: ChangingTxn): boolean;
  clear(options: ClearOptions<K> | undefined, txn: ChangingTxn): number;
  drop(txn: ChangingTxn): void;
}

/**
 * A collection in a transaction: what `collection.in(txn)` gives. Each call is that of the Collection with `txn` named, and throws
 * the same: `ERR_TXN_ENDED` once the transaction has ended. It can be used as often as wanted until then.
 */
export class CollectionInRead<K, V, KView = K, VView = V> implements Readable<K, V, KView, VView> {
  readonly #calls: Reads<K, V, KView, VView>;
  readonly #txn: Transaction;

  /** Not for users: `collection.in()` makes these. */
  constructor(calls: Reads<K, V, KView, VView>, txn: Transaction) {
    if (!isTransaction(txn)) throw invalidType('txn', 'a transaction of env.read() or env.write()', txn);
    this.#calls = calls;
    this.#txn = txn;
  }

  /** Empty for the unnamed database. */
  get name(): string {
    return this.#calls.name;
  }

  /** The value of a key, of several the first; undefined if there is none. */
  get(key: K): VView | undefined {
    return this.#calls.get(key, this.#txn);
  }

  /** The values of several keys, in their order, undefined for those that are absent. */
  getMany(keys: Iterable<K>): (VView | undefined)[] {
    return this.#calls.getMany(keys, this.#txn);
  }

  /** Whether there is a value of a key. */
  has(key: K): boolean {
    return this.#calls.has(key, this.#txn);
  }

  /** The number of the commit that wrote a key's value, 0 if the key is absent. For a collection with `versions`. */
  version(key: K): number {
    return this.#calls.version(key, this.#txn);
  }

  /** The time in ms since 1970 after which a key's value is absent, Infinity if it stays; undefined if the key is absent. With `expires`. */
  expiresAt(key: K): number | undefined {
    return this.#calls.expiresAt(key, this.#txn);
  }

  /** The stored bytes of a key's value as a leased Buffer, undefined if there are none. */
  getBuffer(key: K): Buffer | undefined {
    return this.#calls.getBuffer(key, this.#txn);
  }

  /** With `dupSort`: a Range over the values of a key, in order, or over those between two bounds. */
  getAll(key: K, options?: ValueRangeOptions<V>): ValueRange<V, KView, VView> {
    return this.#calls.getAll(key, options, this.#txn);
  }

  /** With `dupSort`: whether a key has this value. */
  hasValue(key: K, value: V): boolean {
    return this.#calls.hasValue(key, value, this.#txn);
  }

  /** The entries between two bounds, in order. */
  range(options?: RangeOptions<K>): EntryRange<K, KView, VView> {
    return this.#calls.range(options, this.#txn);
  }

  /** Calls `fn` with one Entry that is aimed at each row in turn, until it returns false. */
  scan(options: RangeOptions<K> | undefined, fn: (entry: Entry<KView, VView>) => unknown): void {
    this.#calls.scan(options, fn, this.#txn);
  }

  /** How many entries there are, pairs with `dupSort`. */
  count(options?: RangeOptions<K>): number {
    return this.#calls.count(options, this.#txn);
  }

  /** Pages and entries; those of a pair each, with `dupSort`. */
  stat(): CollectionStat {
    return this.#calls.stat(this.#txn);
  }

  static {
    inspectAs(CollectionInRead.prototype, (self, depth, options) =>
      depth < 0
        ? '[Collection in a transaction]'
        : `${inspect(self.#calls, { ...options, depth })} in ${inspect(self.#txn, options)}`,
    );
  }
}

/**
 * A collection in a transaction that writes: it reads what the transaction has written, and writes. See Collection for what each call
 * throws.
 */
export class CollectionInWrite<K, V, KView = K, VView = V> extends CollectionInRead<K, V, KView, VView> {
  readonly #calls: Writes<K, V, KView, VView>;
  readonly #txn: ChangingTxn;

  /** Not for users: `collection.in()` makes these. */
  constructor(calls: Writes<K, V, KView, VView>, txn: ChangingTxn) {
    super(calls, txn);
    this.#calls = calls;
    this.#txn = txn;
  }

  /** Stores a value, in place of any that was there; with `dupSort` beside the others of its key, once. */
  put(key: K, value: V): void {
    this.#calls.put(key, value, this.#txn);
  }

  /** Stores a value that is absent from a time on: a Date or ms since 1970, Infinity for a value that stays. With `expires`. */
  putUntil(key: K, value: V, expires: Date | number): void {
    this.#calls.putUntil(key, value, expires, this.#txn);
  }

  /** Stores a value if the key is absent, with `dupSort` if the pair of key and value is; gives whether it was. */
  putNew(key: K, value: V): boolean {
    return this.#calls.putNew(key, value, this.#txn);
  }

  /** Stores a value if the key has that version (0: if it is absent); gives whether it had. */
  putIf(key: K, value: V, version: number): boolean {
    return this.#calls.putIf(key, value, version, this.#txn);
  }

  /** Stores an entry behind the last one, faster than `put`. `ERR_KEY_ORDER` if its key is not greater than the last. */
  append(key: K, value: V): void {
    this.#calls.append(key, value, this.#txn);
  }

  /** Stores what `fn` makes of the value of a key, and gives that. */
  update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N): N {
    return this.#calls.update(key, fn, this.#txn);
  }

  /** Removes a key with all its values; gives whether it was there. */
  del(key: K): boolean {
    return this.#calls.del(key, this.#txn);
  }

  /** Removes a key if it has that version; gives whether it had. */
  delIf(key: K, version: number): boolean {
    return this.#calls.delIf(key, version, this.#txn);
  }

  /** With `dupSort`: removes one value of a key; gives whether it was there. */
  delValue(key: K, value: V): boolean {
    return this.#calls.delValue(key, value, this.#txn);
  }

  /** Removes all entries, or those of a range; gives how many there were. */
  clear(options?: ClearOptions<K>): number {
    return this.#calls.clear(options, this.#txn);
  }

  /** Removes the collection itself; `env.collection()` makes it anew. */
  drop(): void {
    this.#calls.drop(this.#txn);
  }
}
