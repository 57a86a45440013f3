import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { ClearOptions } from '../read/range-options.ts';
import type { CommitRequest, Tid } from '../versions/engine/engine.ts';
import { checkSync, checkUpdated, toUpdate, type Updatable } from '../write/updated.ts';
import type { Backend, HeldSnapshot } from './backend.ts';
import { checkFunction, checkVersion } from './checks.ts';
import type { CollectionCodecs } from './collection-codecs.ts';
import { EngineReads } from './engine-reads.ts';
import { keysOf, ReadableCollection } from './readable-collection.ts';
import type { Reads, ReadValue } from './reads.ts';
import type { StoreCodecs } from './store-codecs.ts';
import { TransactionReads } from './transaction/transaction-reads.ts';

/** Gives the codecs of a collection of the store, or of one by its name. What `store.collection()` throws. */
export type CodecsOf = (collection: unknown) => CollectionCodecs;

/** A StoreCollection. */
type OfStore<K, V, KView, VView> = ReadableCollection<K, KView, VView> & { put(key: K, value: V): unknown };

let partsOf: (given: unknown, backend: Backend) => { readonly reads: TransactionReads; readonly checkOpen: () => void };
let finish: typeof finishTransaction;
let usedIn: (transaction: StoreTransaction, name: string) => CollectionCodecs | undefined;

/** A collection in a transaction of the store with this backend. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for one of another store. */
export function transactionCollection(
  given: unknown,
  backend: Backend,
  codecs: CollectionCodecs,
): TransactionCollection<unknown, unknown, never, never> {
  const { reads, checkOpen } = partsOf(given, backend);
  return new TransactionCollection(codecs, reads, checkOpen);
}

/** How a transaction of the store with this backend reads. Errors are those of `transactionCollection`. */
export function transactionReads(given: unknown, backend: Backend): Reads {
  return partsOf(given, backend).reads;
}

/** Ends a transaction. What to commit; undefined if it has written nothing. */
export function finishTransaction(transaction: StoreTransaction): Omit<CommitRequest, 'commitId'> | undefined {
  return finish(transaction);
}

/** The codecs of collections as a transaction has used them; of others, those of the store. */
export function transactionCodecs(transaction: StoreTransaction, codecsOf: CodecsOf): CodecsOf {
  return (name) => usedIn(transaction, name as string) ?? codecsOf(name);
}

/** `ERR_INVALID_ARG_VALUE` */
export function ofAnotherStore(what: string): LeaseholdError {
  return invalidValue(`the ${what} is of another store: take one of the store that the collection is of`);
}

/**
 * A transaction that may wait: what the function of `store.transact()` gets. It reads as of one commit, sees what it has written, and commits whole or
 * not at all.
 */
export class StoreTransaction {
  /** The number of the commit as of which it reads. */
  readonly tid: Tid;
  readonly #reads: TransactionReads;
  readonly #codecsOf: CodecsOf;
  readonly #release: () => void;
  readonly #backend: Backend;
  #isOpen = true;

  /** Not for users: `store.transact()` makes these. */
  constructor(backend: Backend, { tid, release }: HeldSnapshot, codecsOf: CodecsOf, notesReads: boolean) {
    this.tid = tid;
    this.#backend = backend;
    this.#codecsOf = codecsOf;
    this.#release = release;
    const at = (): Tid => {
      if (this.#isOpen) return tid;
      throw ended();
    };
    this.#reads = new TransactionReads(new EngineReads(backend, at), tid, notesReads);
  }

  /** A collection, to read and to write in this transaction: given as one of the store, or by the name of one that exists. */
  collection<K, V, KView, VView>(collection: OfStore<K, V, KView, VView>): TransactionCollection<K, V, KView, VView>;
  collection<K = unknown, V = unknown, KView = unknown, VView = unknown>(
    name: string,
  ): TransactionCollection<K, V, KView, VView>;
  collection(collection: unknown): TransactionCollection<unknown, unknown, unknown, unknown> {
    return new TransactionCollection(this.#codecsOf(collection), this.#reads, () => this.#checkOpen());
  }

  static {
    partsOf = (given, backend) => {
      if (typeof given !== 'object' || given === null || !(#backend in given)) {
        throw invalidType('the last argument', 'a view or a transaction of the store', given);
      }
      if (given.#backend !== backend) throw ofAnotherStore('transaction');
      return { reads: given.#reads, checkOpen: () => given.#checkOpen() };
    };
    finish = (transaction) => {
      transaction.#isOpen = false;
      transaction.#release();
      const { reads, ranges, writes } = transaction.#reads;
      if (writes.size === 0) return undefined;
      return { base: transaction.tid, reads: [...reads.values()], ranges, writes: writes.all() };
    };
    usedIn = (transaction, name) => transaction.#reads.codecs.get(name);
    inspectAs(StoreTransaction.prototype, ({ tid }) => `StoreTransaction { tid: ${tid} }`);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw ended();
  }
}

/** A collection in a transaction. */
export class TransactionCollection<K, V, KView, VView> extends ReadableCollection<K, KView, VView> {
  readonly #codecs: CollectionCodecs;
  readonly #reads: TransactionReads;
  readonly #checkOpen: () => void;

  /** Not for users. */
  constructor(codecs: CollectionCodecs, reads: TransactionReads, checkOpen: () => void) {
    super(codecs, reads);
    this.#codecs = codecs;
    this.#reads = reads;
    this.#checkOpen = checkOpen;
    reads.codecs.set(codecs.name, codecs);
  }

  /** Stores a value when the transaction commits. */
  async put(key: K, value: V): Promise<void> {
    const codecs = await this.#codecs.get();
    const write = { collection: this.name, key: codecs.encodeKey(key), bytes: codecs.encodeValue(value) };
    this.#checkOpen();
    this.#reads.writes.set(write);
  }

  /** Stores a value when the transaction commits, if the key is absent, and gives whether it is. */
  putNew(key: K, value: V): Promise<boolean> {
    return this.#changeIf(
      key,
      ({ bytes }) => bytes === undefined,
      (codecs) => codecs.encodeValue(value),
    );
  }

  /** Stores a value when the transaction commits, if the key has that version, 0 if it must be absent. Gives whether it is so. */
  async putIf(key: K, value: V, version: number): Promise<boolean> {
    return this.#changeIf(key, hasVersion(version), (codecs) => codecs.encodeValue(value));
  }

  /**
   * Calls `fn` with the value of a key, undefined if that is absent, stores what `fn` returns when the transaction commits, and gives that. A struct's record is passed as a
   * plain object. `ERR_ASYNC_CALLBACK` if `fn` is async, `ERR_INVALID_ARG_TYPE` if it returns undefined.
   */
  async update<N extends V>(key: K, fn: (value: Updatable<VView> | undefined) => N): Promise<N> {
    checkFunction(fn);
    const codecs = await this.#codecs.get();
    const encoded = codecs.encodeKey(key);
    const old = await this.#reads.get(this.name, encoded, codecs.toValue);
    this.#checkOpen();
    const value = checkUpdated(checkSync(fn(toUpdate(old) as never))) as N;
    const bytes = codecs.encodeValue(value);
    this.#checkOpen();
    this.#reads.writes.set({ collection: this.name, key: encoded, bytes });
    return value;
  }

  /** Deletes a key when the transaction commits, and gives whether it is there. */
  del(key: K): Promise<boolean> {
    return this.#changeIf(
      key,
      ({ bytes }) => bytes !== undefined,
      () => undefined,
    );
  }

  /** Deletes a key when the transaction commits, if it has that version. Gives whether it is so. */
  async delIf(key: K, version: number): Promise<boolean> {
    return this.#changeIf(key, hasVersion(version), () => undefined);
  }

  /** Deletes the entries of a range when the transaction commits, and gives how many there are. All keys are read. */
  async clear(options?: ClearOptions<K>): Promise<number> {
    const codecs = await this.#codecs.get();
    const found: Uint8Array[] = [];
    await keysOf(this.#reads, this.name, codecs.deletionBounds(options), (key) => found.push(key));
    this.#checkOpen();
    for (const key of found) this.#reads.writes.set({ collection: this.name, key, bytes: undefined });
    return found.length;
  }
  /** `encode` gives the bytes to store; undefined deletes the key. */
  async #changeIf(
    key: K,
    isWanted: (value: ReadValue) => boolean,
    encode: (codecs: StoreCodecs) => Uint8Array | undefined,
  ): Promise<boolean> {
    const codecs = await this.#codecs.get();
    const write = { collection: this.name, key: codecs.encodeKey(key), bytes: encode(codecs) };
    const isSo = await this.#reads.get(this.name, write.key, isWanted);
    this.#checkOpen();
    if (isSo) this.#reads.writes.set(write);
    return isSo;
  }
}

/** Whether a state has a version, as the program gives it. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
function hasVersion(version: number): (value: ReadValue) => boolean {
  checkVersion(version);
  return ({ tid, bytes }) => (bytes === undefined ? 0 : tid) === version;
}

function ended(): LeaseholdError {
  return new LeaseholdError('ERR_TXN_ENDED', 'the transaction has ended: await all that its function does');
}
