import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs } from '../base/inspect.ts';
import { apply } from '../base/primordials.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { Transaction } from '../transaction/transaction.ts';
import { Bounds } from './bounds.ts';
import type { Entry } from './entry.ts';
import { NO_COLLECTION, OpenCollection } from './open-collection.ts';
import { cursorAfterItem, type Page, pageOf } from './page.ts';
import { ENTRIES, KEYS, type Part, VALUES } from './range-rows.ts';
import { iterate } from './range-classes.ts';
import type { RangeBound, RangeOptions } from './range-options.ts';
import { checkCount, Sequence } from './sequence.ts';

/** What `range()` returns: its iterators seek keys. */
export type EntryRange<K, KView, VView> = Range<KView, VView, Entry<KView, VView>, K | RangeBound<K>>;

/** What `getAll()` returns: its items are values, which its iterators seek. */
export type ValueRange<V, KView, VView> = Range<KView, VView, VView, V | RangeBound<V>>;

/** The state of a Range. */
export interface RangeState {
  readonly collection: OpenCollection;
  readonly bounds: Bounds;
  readonly transaction: OpenTransaction | undefined;
  readonly owner: object | undefined;
  /** True if its items are entries; false if they are the values of one key. */
  readonly hasEntries: boolean;
}

let stateOf: (value: object) => RangeState | undefined;

/** The state of a Range; undefined for anything else. Not for users. */
export function rangeStateOf(value: unknown): RangeState | undefined {
  return typeof value === 'object' && value !== null ? stateOf(value) : undefined;
}

/** An iterator that can be moved. `S` is what it seeks: keys, or the values of one key. */
export interface SeekableIterator<T, S> extends IterableIterator<T, undefined> {
  /**
   * Goes to the first item at or after `target` in the direction of the range, forward or back, but not out of the range. The next step returns
   * that item. Items that were returned count towards the limit. After its end, the iterator stays at its end. `ERR_TXN_ENDED`, and what the
   * codec throws.
   */
  seek(target: S): this;
}

/** A sequence whose iterators can be moved. */
export interface SeekableSequence<T, S> extends Sequence<T> {
  [Symbol.iterator](): SeekableIterator<T, S>;
}

/** An item of a range, or an object with the same key and value. */
type ItemLike<T> = T extends { readonly key: unknown; readonly value: unknown } ? Pick<T, 'key' | 'value'> : T;

/**
 * The entries of a collection between two bounds, or with `getAll()` the values of one key. Without a transaction, each iteration opens
 * its own. `T` is what it gives, `S` what its iterators seek.
 */
export class Range<KView, VView, T = Entry<KView, VView>, S = unknown> extends Sequence<T> {
  readonly #collection: OpenCollection;
  readonly #bounds: Bounds;
  readonly #transaction: OpenTransaction | undefined;
  /** The user's transaction object. The range refers to it, so that it is not collected in the middle of an iteration. */
  readonly #owner: object | undefined;
  readonly #part: typeof ENTRIES | typeof VALUES;

  /** Not for users: `collection.range()` makes these, and `getAll()` makes those with the part VALUES. */
  constructor(
    collection: OpenCollection,
    bounds: Bounds,
    transaction: OpenTransaction | undefined,
    owner: object | undefined,
    part: typeof ENTRIES | typeof VALUES = ENTRIES,
  ) {
    super();
    this.#part = part;
    this.#owner = owner;
    this.#collection = OpenCollection.check(collection);
    this.#bounds = bounds;
    this.#transaction = transaction;
  }

  override [Symbol.iterator](): SeekableIterator<T, S> {
    return iterate<T>(this.#collection, this.#bounds, this.#transaction, this.#owner, this.#part);
  }

  /** A range of the first `count` items. Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`. */
  override take(count: number): Range<KView, VView, T, S> {
    checkCount(count);
    const bounds = this.#bounds.limitedTo(count);
    return new Range<KView, VView, T, S>(this.#collection, bounds, this.#transaction, this.#owner, this.#part);
  }

  /** Only the keys. Values are neither read nor lent. */
  keys(): SeekableSequence<KView, S> {
    return new PartSequence<KView, S>(this.#collection, this.#bounds, this.#transaction, this.#owner, KEYS);
  }

  /** Only the values. */
  values(): SeekableSequence<VView, S> {
    return new PartSequence<VView, S>(this.#collection, this.#bounds, this.#transaction, this.#owner, VALUES);
  }

  /** How many items there are. Counts without making them. */
  override count(): number {
    return this.#collection.count(this.#bounds, this.#transaction);
  }

  /**
   * The items as an array, as many as `limit` says, and the cursor of the next page: `range({ …, limit, cursor })` with the same options goes
   * on after the last item, whatever was stored or deleted meanwhile. `ERR_INVALID_ARG_VALUE` if `limit` is 0.
   */
  page(): Page<T> {
    return pageOf<T>(this.#collection, this.#bounds, this.#transaction, this.#owner, this.#part);
  }

  /**
   * The cursor with which a range begins after an item of this one, for pages that `filter` or a loop makes. The item can be any object with
   * a key and a value; of `getAll()`, a value. Throws `ERR_INVALID_ARG_TYPE`, and what the codecs throw.
   */
  cursorAfter(item: ItemLike<T>): string {
    return cursorAfterItem(this.#collection, this.#bounds, item);
  }

  static {
    inspectAs(Range.prototype, (self) => {
      const of = self.#part === VALUES ? 'the values of a key of ' : '';
      return `Range of ${of}'${self.#collection.name}'`;
    });
    stateOf = (value) =>
      #bounds in value
        ? {
            collection: value.#collection,
            bounds: value.#bounds,
            transaction: value.#transaction,
            owner: value.#owner,
            hasEntries: value.#part === ENTRIES,
          }
        : undefined;
  }
}

/** The arguments of the next call of `newRange`. */
const given: [OpenCollection | undefined, unknown, Transaction | undefined] = [undefined, undefined, undefined];

/**
 * See `Collection.range`. Calls `newRange` by `apply`, so that V8 does not inline it into the function that has the loop: V8 inlines getters last, and would have no
 * room left to inline those of the entries (measured, Node 20).
 */
export function rangeOf<K, KView, VView>(
  collection: OpenCollection,
  options: RangeOptions<K> | undefined,
  txn: Transaction | undefined,
): EntryRange<K, KView, VView> {
  given[0] = collection;
  given[1] = options;
  given[2] = txn;
  return apply(newRange, undefined, given) as EntryRange<K, KView, VView>;
}

function newRange(collection: OpenCollection, options: RangeOptions<unknown> | undefined, txn?: Transaction): unknown {
  // They must not keep the program's objects alive.
  given[0] = given[1] = given[2] = undefined;
  const transaction = collection.readTransaction(txn);
  return new Range(collection, Bounds.of(options, collection), transaction, txn);
}

/** The keys or the values of a range. `take()` and `count()` are those of a range: the limit is native, and counting makes no views. */
class PartSequence<T, S> extends Sequence<T> {
  readonly #collection: OpenCollection;
  readonly #bounds: Bounds;
  readonly #transaction: OpenTransaction | undefined;
  readonly #owner: object | undefined;
  readonly #part: Part;

  constructor(
    collection: OpenCollection,
    bounds: Bounds,
    transaction: OpenTransaction | undefined,
    owner: object | undefined,
    part: Part,
  ) {
    super();
    this.#owner = owner;
    this.#collection = OpenCollection.check(collection);
    this.#bounds = bounds;
    this.#transaction = transaction;
    this.#part = part;
  }

  override [Symbol.iterator](): SeekableIterator<T, S> {
    return iterate<T>(this.#collection, this.#bounds, this.#transaction, this.#owner, this.#part);
  }

  override take(count: number): PartSequence<T, S> {
    checkCount(count);
    const bounds = this.#bounds.limitedTo(count);
    return new PartSequence<T, S>(this.#collection, bounds, this.#transaction, this.#owner, this.#part);
  }

  override count(): number {
    return this.#collection.count(this.#bounds, this.#transaction);
  }

  static {
    inspectAs(PartSequence.prototype, (self) => {
      const part = self.#part === KEYS ? 'keys' : 'values';
      return `Range of '${self.#collection.name}'.${part}()`;
    });
  }
}

const NO_BOUNDS = Bounds.of(undefined, NO_COLLECTION);
keepHiddenClass(new Range(NO_COLLECTION, NO_BOUNDS, undefined, undefined));
keepHiddenClass(new PartSequence(NO_COLLECTION, NO_BOUNDS, undefined, undefined, KEYS));
