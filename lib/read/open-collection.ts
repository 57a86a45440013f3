import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { freezeClass } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { recall, remember } from '../catalog/catalog.ts';
import { newsOf } from '../catalog/remembered-codecs.ts';
import { SideDataCoders } from '../catalog/side-data.ts';
import type { KeyCodec } from '../key/codec.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { isKeyCodec } from '../key/key-codecs.ts';
import { leadOf } from '../lease/header.ts';
import type { Views } from '../lease/lease.ts';
import {
  COLLECTION_ANY_KEYS,
  COLLECTION_DUPSORT,
  COLLECTION_EXPIRES,
  COLLECTION_VERSIONS,
} from '../native/constants.ts';
import type { CollectionId, Handle } from '../native/handles.ts';
import { native, terminated } from '../native/native.ts';
import { currentAsyncRead, currentTransact } from '../transaction/async-reads.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { OpenRead } from '../transaction/open-read.ts';
import { type ChangingTransaction, currentOf, type OpenTransaction } from '../transaction/open-transaction.ts';
import { type OpenWrite, writingOf } from '../transaction/open-write.ts';
import {
  type ChangingTxn,
  changingTransactionOf,
  openTransactionOf,
  openWriteOf,
  type Transaction,
} from '../transaction/transaction.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import type { ValueCoder } from '../value/coder.ts';
import { isOwnValueCodec } from '../value/own-codecs.ts';
import type { Bounds } from './bounds.ts';
import { type Expiry, expiryOf } from './put-time.ts';
import type { SharedViews, Sharing } from './sharing.ts';

/** What is behind a Collection that a user holds, shared with its ranges. */
export class OpenCollection {
  readonly environment: EnvironmentState;
  /** Empty for the unnamed database. */
  readonly name: string;
  readonly id: CollectionId;
  readonly key: KeyCodec<never, unknown>;
  readonly value: ValueCodec<never, unknown>;
  /** What it was made with: COLLECTION_… */
  readonly flags: number;
  /** Whether its keys can have several values. */
  readonly dupSort: boolean;
  /** Whether each value has the number of the commit that wrote it. */
  readonly versions: boolean;
  /** Whether keys can be empty, or longer than LMDB's. */
  readonly anyKeys: boolean;
  /** What times its values get; undefined if they do not expire. */
  readonly expiry: Expiry | undefined;
  readonly views: Views;
  /** What gives the values, if all readers share them; undefined if each reader decodes. */
  readonly sharing: Sharing | undefined;
  /** The views of `sharing`, and those from which it made them. */
  #sharedViews: SharedViews | undefined;
  /** The side data of the value codec; undefined if the codec has none. */
  readonly #sideData: SideDataCoders | undefined;
  /** Whether the database does not remember these codecs yet: see `tellCodecs`. */
  hasNews: boolean;
  /** Whether this was made by `readWith`: the codecs are for reading only. */
  #onlyReads = false;
  /** Set when it is first iterated: see range-classes.ts. */
  rangeClasses: object | undefined = undefined;
  #toldIn: OpenWrite | undefined;
  #toldUnder: OpenWrite | undefined;
  /** A private field, which no object of a program can have. */
  #genuine: undefined;

  constructor(
    environment: EnvironmentState,
    name: string,
    id: CollectionId,
    key: KeyCodec<never, unknown>,
    value: ValueCodec<never, unknown>,
    flags: number,
    hasNews: boolean = false,
    sharing: Sharing | undefined = undefined,
    ttl: number = Number.POSITIVE_INFINITY,
  ) {
    // Checked, since their functions are called with leases.
    if (!isKeyCodec(key)) throw invalidType('key', "one of leasehold's codecs", key);
    if (!isOwnValueCodec(value)) throw invalidType('value', "one of leasehold's codecs", value);
    this.environment = environment;
    this.name = name;
    this.id = id;
    this.key = key;
    this.value = value;
    this.flags = flags;
    this.dupSort = (flags & COLLECTION_DUPSORT) !== 0;
    this.versions = (flags & COLLECTION_VERSIONS) !== 0;
    this.anyKeys = (flags & COLLECTION_ANY_KEYS) !== 0;
    this.expiry = (flags & COLLECTION_EXPIRES) !== 0 ? expiryOf(ttl) : undefined;
    this.hasNews = hasNews;
    this.sharing = sharing;
    // The functions themselves, so that V8 inlines them in a loop over one collection.
    this.views = {
      key: key.view,
      value: value.view,
      aimsKey: key.aims,
      aimsValue: value.aims,
      lead: leadOf(flags),
      versions: this.versions,
      expires: this.expiry !== undefined,
    };
    const binding = value.bind?.();
    this.#sideData = binding === undefined ? undefined : new SideDataCoders(name, this.views, binding);
  }

  /** The same collection, read with other codecs: storing with them throws `ERR_READ_ONLY`. */
  readWith(key: KeyCodec<never, unknown>, value: ValueCodec<never, unknown>): OpenCollection {
    const { environment, name, id, flags } = this;
    // With `hasNews`, each call that stores comes to `tellCodecs`, which throws.
    const other = new OpenCollection(environment, name, id, key, value, flags, true);
    other.#onlyReads = true;
    return other;
  }

  /** Its name in errors. */
  get title(): string {
    return titleOf(this.name);
  }

  /** Whether a value must be encoded inside the transaction that stores it, since its codec has side data. */
  get hasSideData(): boolean {
    return this.#sideData !== undefined;
  }

  /** The coder with which a transaction reads and writes values. The transaction must be open. */
  valueIn(transaction: OpenTransaction): ValueCoder<never, unknown> {
    return this.#sideData === undefined ? this.value : this.#sideData.in(transaction).value;
  }

  /** The views with which a transaction reads entries. The transaction must be open. */
  viewsIn(transaction: OpenTransaction): Views {
    const views = this.#sideData === undefined ? this.views : this.#sideData.in(transaction).views;
    if (this.sharing === undefined) return views;
    if (this.#sharedViews?.from !== views) {
      const shared = this.sharing.shared(this, views);
      this.#sharedViews = { from: views, shared, unshared: this.sharing.unshared(this, views) };
    }
    return transaction.writes ? this.#sharedViews.unshared : this.#sharedViews.shared;
  }

  /** The shared value of the key at `offset` in the writer, undefined if the key is absent. For a collection with `sharing`. */
  getShared(given: OpenTransaction | undefined, offset: number, length: number): unknown {
    const sharing = this.sharing as Sharing;
    return this.reading(given, (transaction) => sharing.get(this, transaction, offset, length));
  }

  /**
   * Throws `ERR_INVALID_ARG_TYPE` for anything but an OpenCollection. A program can find the constructors that take one, and call them with
   * anything.
   */
  static check(value: unknown): OpenCollection {
    if (typeof value === 'object' && value !== null && #genuine in value) return value;
    throw invalidType('collection', 'what env.collection() passes', value);
  }

  /**
   * To be called first by a transaction that stores values. If the codecs are not remembered yet, because a struct has new fields or
   * another program has made the collection, they are remembered in this transaction. So opening a collection need not wait for other writers.
   * `ERR_CODEC` if other codecs are remembered by now; `ERR_READ_ONLY` for a collection that is read with other codecs.
   */
  tellCodecs(transaction: OpenWrite): void {
    if (this.hasNews && this.#toldIn !== transaction) this.#tell(transaction);
  }

  #tell(transaction: OpenWrite): void {
    if (this.#onlyReads) {
      throw new LeaseholdError(
        'ERR_READ_ONLY',
        `${this.title} is read with other codecs here (as()): store with the collection that env.collection() gave`,
        { path: this.environment.path },
      );
    }
    // If the name means another collection by now, storing the value throws.
    if (native.findCollection(transaction.handle, this.name) !== this.id) return;
    const news = newsOf(this.key, this.value, this.flags, recall(transaction, this.name), this.name);
    let outermost = transaction;
    while (outermost.outer !== undefined) outermost = outermost.outer;
    this.#toldIn = transaction;
    if (news !== undefined) {
      remember(transaction, this.name, news);
      this.#toldUnder = outermost;
    } else if (transaction === outermost && this.#toldUnder !== transaction) {
      // The codecs are remembered: an earlier transaction has committed them.
      this.hasNews = false;
    }
  }

  /** Throws `ERR_INVALID_ARG_VALUE` unless keys can have several values. `call` is the call that needs that. */
  checkDupSort(call: string): void {
    if (this.dupSort) return;
    throw invalidValue(
      `${call} is for collections with several values a key: ${this.title} was made without dupSort: true`,
    );
  }

  /** Throws `ERR_INVALID_ARG_VALUE` unless it has versions. `call` is the call that needs them. */
  checkVersions(call: string): void {
    if (this.versions) return;
    throw invalidValue(`${call} is for collections with versions: ${this.title} was made without versions: true`);
  }

  /** The same unless its values can expire. */
  checkExpires(call: string): void {
    if (this.expiry !== undefined) return;
    throw invalidValue(`${call} is for collections whose values expire: ${this.title} was made without expires: true`);
  }

  /** Opens a native cursor on a range. */
  openCursor(transaction: OpenTransaction, bounds: Bounds, flags: number): Handle {
    const at = writer.position;
    const { lowerLength, upperLength } = bounds.write(at);
    const cursor = native.rangeOpen(
      transaction.handle,
      this.id,
      bounds.flags | flags,
      at,
      lowerLength,
      upperLength,
      bounds.limit,
      bounds.offset,
    );
    if (cursor === undefined) throw terminated();
    return cursor;
  }

  count(bounds: Bounds, transaction: OpenTransaction | undefined): number {
    return this.reading(transaction, ({ handle }) => {
      const at = writer.position;
      const { lowerLength, upperLength } = bounds.write(at);
      return native.count(handle, this.id, bounds.flags, at, lowerLength, upperLength, bounds.limit, bounds.offset);
    });
  }

  /**
   * The transaction to which a read belongs, of a user's call that names `txn` or none; undefined if the read needs one of its own.
   * Throws as `openTransactionOf` does, and `ERR_ENV_CLOSED`.
   */
  readTransaction(txn: Transaction | undefined): OpenTransaction | undefined {
    const { environment } = this;
    environment.checkOpen();
    if (txn !== undefined) return openTransactionOf(environment, txn);
    return currentOf(environment) ?? currentAsyncRead(environment);
  }

  /** The same for a write. `ERR_READ_ONLY` if `txn` is a read transaction. */
  writeTransaction(txn: ChangingTxn | undefined): ChangingTransaction | undefined {
    const { environment } = this;
    environment.checkOpen();
    if (txn === undefined) return writingOf(environment) ?? currentTransact(environment);
    return openWriteOf(environment, txn) ?? changingTransactionOf(environment, txn);
  }

  /** Calls `fn` with the transaction that is given, or else with a new one, which ends after `fn`. */
  reading<T>(transaction: OpenTransaction | undefined, fn: (transaction: OpenTransaction) => T): T {
    if (transaction !== undefined) return fn(transaction);
    const own = new OpenRead(this.environment, false);
    try {
      return fn(own);
    } finally {
      own.nextEnding = this.environment.ending;
      this.environment.ending = own;
      own.end();
    }
  }
}

freezeClass(OpenCollection);

/** A placeholder that belongs to no environment. */
export const NO_COLLECTION: OpenCollection = new OpenCollection(
  undefined as unknown as EnvironmentState,
  '',
  -1,
  keyBytes,
  bytes as ValueCodec<never, unknown>,
  0,
);
keepHiddenClass(NO_COLLECTION);

/** The name of a collection in errors. */
export function titleOf(name: string): string {
  return name === '' ? 'the unnamed database' : `the collection '${name}'`;
}
