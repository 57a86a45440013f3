import { checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { finishAllDrains } from '../lease/drain/queue.ts';
import type { Sink } from '../lease/sink.ts';
import { native } from '../native/native.ts';
import type { EnvironmentCounters, EnvironmentInfo, EnvironmentStat, Reader } from '../native/stat.ts';
import { EnvironmentState } from '../transaction/environment-state.ts';
import type { OptimisticTransaction, ReadTransaction, WriteTransaction } from '../transaction/transaction.ts';
import type { Value } from '../value/value.ts';
import type { Commit } from '../versions/changes.ts';
import type { Feed } from '../versions/feed.ts';
import { NO_SHARED } from '../versions/shared-states.ts';
import { storeId } from '../versions/store-id.ts';
import { type SweepOptions, sweep } from '../versions/sweep.ts';
import { checkNotInTransact, transact } from '../versions/transact.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import {
  type AnyCollection,
  type BatchAnswer,
  type BatchOperation,
  type BatchOperations,
  batch,
  idle,
} from './batch.ts';
import { type ChangesFeedOptions, changesOf } from './changes.ts';
import type { Collection } from './collection.ts';
import type { CollectionOptions } from './collection-options.ts';
import { Collections } from './collections.ts';
import { type CopyOptions, copy } from './copy.ts';
import { beginRead, type ReadOptions, readInFunction } from './read.ts';
import { type WriteOptions, write } from './write.ts';

/** What is behind an Environment, for the layers above. */
export interface EnvironmentParts {
  readonly state: EnvironmentState;
  readonly collections: Collections;
}

let partsOf: (value: object) => EnvironmentParts | undefined;

/** `ERR_INVALID_ARG_TYPE` for anything but an Environment. */
export function environmentParts(value: unknown): EnvironmentParts {
  const parts = typeof value === 'object' && value !== null ? partsOf(value) : undefined;
  if (parts === undefined) throw invalidType('environment', 'an Environment', value);
  return parts;
}

/** An open LMDB environment: a directory with `data.mdb` and `lock.mdb`. */
export class Environment {
  readonly #state: EnvironmentState;
  readonly #collections: Collections;

  /** Not for users: `open()` makes these. */
  constructor(state: EnvironmentState) {
    if (!(state instanceof EnvironmentState)) throw invalidType('state', 'what open() passes', state);
    this.#state = state;
    this.#collections = new Collections(state);
  }

  /** The directory, as it was given to `open`. */
  get path(): string {
    return this.#state.path;
  }

  /** Whether `close` has not been called on this handle. */
  get isOpen(): boolean {
    return this.#state.isOpen;
  }

  /**
   * The id of the store: 32 hexadecimal digits, chosen at random when the first collection with `versions` is made, undefined before
   * that. A copy has the id of its original: their histories are the same up to some commit.
   */
  get storeId(): string | undefined {
    return storeId(this.#state);
  }

  /**
   * The collection of that name; `null` names the unnamed database. The same name and codecs give the same object. Codecs that
   * are not given are those that the database remembers, or `bytes`. If the collection is absent, it is made and its codecs
   * are remembered, in one commit, or in the surrounding `env.write`.
   *
   * `ERR_NO_COLLECTION` if it is absent and must not be made. `ERR_CODEC` if the database remembers other codecs or another
   * `dupSort`, or if it has a flag that no codec can handle. `ERR_INVALID_ARG_VALUE` if this handle has it open with other
   * codecs, or if it has `dupSort` and its values do not sort as their bytes do. `ERR_BUSY` if it must be made and other writers
   * are not done within `lockTimeout`.
   */
  collection<K = Uint8Array | Sink, V = Uint8Array | Sink, KView = Value, VView = Value>(
    name: string | null,
    options: CollectionOptions<K, V, KView, VView>,
  ): Collection<K, V, KView, VView>;
  collection(name: string | null): Collection<unknown, unknown, unknown, unknown>;
  collection(name: string | null, options?: unknown): Collection<never, never, unknown, unknown> {
    this.#state.checkOpen();
    return this.#collections.open(name, options);
  }

  /** The names of all collections. Inside `env.write`, its changes count. */
  collections(): string[] {
    return this.#collections.names();
  }

  /** The unnamed database, where other tools often write. Its codecs are `bytes` unless it was opened with others. */
  get main(): Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value> {
    this.#state.checkOpen();
    return this.#collections.open(null, undefined) as unknown as Environment['main'];
  }

  /**
   * Without `fn`, begins a read transaction and returns it. With `fn`, calls `fn` with a read transaction, ends it, and returns what `fn`
   * returned. If that is a promise, the transaction ends when the promise settles.
   *
   * Calls in `fn` that name no transaction belong to this one; in an async function also those after an `await`. Calls of code that
   * `fn` has started and not awaited throw `ERR_TXN_ENDED` once the transaction has ended. `MDB_READERS_FULL` if no reader slot is free.
   */
  read(options?: ReadOptions): ReadTransaction;
  read<T>(fn: (txn: ReadTransaction) => T, options?: ReadOptions): T;
  read<T>(first?: ReadOptions | ((txn: ReadTransaction) => T), second?: ReadOptions): ReadTransaction | T {
    if (typeof first === 'function') return readInFunction(this.#state, first, second);
    if (second !== undefined) throw invalidType('fn', 'a function, before the options', first);
    return beginRead(this.#state, first);
  }

  /**
   * Calls `fn` in a write transaction, commits, and returns what `fn` returned. If `fn` throws, rolls everything back and throws
   * the same error. Inside another `env.write` it is a child transaction, which can be rolled back alone.
   *
   * `fn` must not be async: then it is not called, and this throws `ERR_ASYNC_CALLBACK`. The same error is thrown, after a rollback, if any
   * other function returns a promise. If a write in `fn` failed, the transaction cannot be committed: it is rolled back, and the write's error is
   * thrown here even if `fn` caught it. `ERR_READ_ONLY`, `MDB_MAP_FULL`, `ENOSPC`, …; `ERR_BUSY` if other writers are not done within `lockTimeout`.
   */
  write<T>(fn: (txn: WriteTransaction) => T, options?: WriteOptions): T {
    checkNotInTransact(this.#state, 'env.write()');
    return write(this.#state, fn, options);
  }

  /**
   * Calls `fn` in a transaction that may wait: `fn` can be async. It reads one snapshot and what it has written itself, and holds no lock.
   * When it is done, everything that it has written is committed at once, by the thread that commits batches, if nobody has changed
   * meanwhile what it has read or written. If somebody has, `fn` is called again, after a short wait. Gives what `fn` returned, once the commit is done
   * (with `durability: 'sync'`: on the disk). If `fn` throws, nothing is written, and its error is thrown.
   *
   * Calls in `fn` that name no transaction belong to it, also after an `await`. It works with collections made with `versions: true`; `append` and
   * `drop` are refused, `env.write()` and `env.batch()` too. Inside another `env.transact()` it is a part of that one.
   *
   * `ERR_CONFLICT` with `conflicts` after too many `retries`, an AbortError (`ABORT_ERR`) after `signal`, `ERR_ENV_CLOSED`; `ERR_BUSY` inside
   * `env.write()`; `MDB_MAP_FULL`, `ENOSPC`, …
   */
  transact<T>(fn: (txn: OptimisticTransaction) => T | PromiseLike<T>, options?: TransactOptions): Promise<T> {
    return transact(this.#state, (id) => this.#collections.byId(id), fn, options);
  }

  /**
   * Applies changes to one collection or several: all of them, or none. Another thread does the work. Batches that wait at the
   * same time share one commit; with `durability: 'sync'`, those that are added in one turn do too. The operations are encoded before this returns.
   *
   * The promise is fulfilled when the batch is committed. With `durability: 'sync'` it is on the disk then; with another, `env.flush()`
   * waits for that. It gives an answer for each operation: what the collection's call of the same name returns, and `true` for a
   * `put`. If the batch fails, the promise is rejected with what `put` and `del` throw, and other batches are not affected. The error
   * has the `index` of the operation at fault, if there is one.
   *
   * The batches of one thread are applied in their order. A write transaction that the thread begins later comes after them. A batch
   * that is added inside `env.write(fn)` comes after that transaction.
   */
  batch<const C extends readonly AnyCollection[]>(operations: BatchOperations<C>): Promise<BatchAnswer[]>;
  batch<C extends AnyCollection>(operations: Iterable<BatchOperation<C>>): Promise<BatchAnswer[]>;
  batch(operations: Iterable<BatchOperation>): Promise<BatchAnswer[]> {
    return batch(this.#state, operations);
  }

  /** The commits that change versioned collections, of all threads and processes. See Feed. Without `after`, those after this call. */
  changes(options: ChangesFeedOptions = {}): Feed<Commit> {
    return changesOf(this.#state, this.#collections, options);
  }

  /**
   * Deletes entries whose time has come (collections with `expires`), and gives how many. Another thread does so, in short transactions;
   * also by itself: see the option `sweep` of `open`. Rejected with `ABORT_ERR`, `ERR_READ_ONLY`, `MDB_MAP_FULL`, …
   */
  sweep(options: SweepOptions = {}): Promise<number> {
    return sweep(this.#state, options);
  }

  /**
   * Fulfilled when all batches that this thread has added before have been committed or have failed. Rejected only with
   * `ERR_ENV_CLOSED` and `ERR_READ_ONLY`. It does not wait until they are on the disk: `flush()` does.
   */
  idle(): Promise<void> {
    return idle(this.#state);
  }

  /**
   * Writes everything that this process has committed to the disk, including batches that wait. The thread stands still
   * meanwhile. It is needed only for a `durability` other than `'sync'`, and does not make `'nosync'` safe (see the option). Throws
   * the system's error (`EIO`, `ENOSPC`). With `'periodic'`, nothing can be committed after such an error until the database is opened again.
   */
  sync(): void {
    this.#state.checkOpen();
    native.sync(this.#state.native);
  }

  /**
   * Does what `sync` does, in another thread. Fulfilled when every commit made before this call, and every batch added before
   * it, is on the disk. Rejected with what `sync` throws.
   */
  async flush(): Promise<void> {
    this.#state.checkOpen();
    await native.flush(this.#state.native);
  }

  /**
   * Changes how many bytes the database may grow to. Without an argument, takes the size that another process has set. `ERR_BUSY`
   * while transactions are open, or if other threads do not finish writing within `lockTimeout`.
   */
  resize(mapSize?: number): void {
    this.#state.checkOpen();
    checkSize(mapSize, 'mapSize', 1, 2 ** 47);
    finishAllDrains();
    native.resize(this.#state.native, mapSize ?? 0, this.#state.lockTimeout);
    this.#state.windows.clear();
  }

  /**
   * Copies the newest version of the database to `path`, a directory, which is made (mode 0700) if it is absent. Another
   * thread copies, and no read or write waits for it. The promise is fulfilled when the copy is on the disk. A `data.mdb` at `path`
   * is always complete, whatever happens. The copy takes a reader slot, and until it ends the pages of its version are not used again.
   *
   * Rejected with `ERR_INVALID_ARG_VALUE` if there is a `data.mdb` at `path` already, with the system's error (`ENOSPC`,
   * `EACCES`, …), `MDB_READERS_FULL`, and `ERR_ENV_CLOSED` if the environment is closed meanwhile. Then what was written is deleted.
   */
  copy(path: string, options: CopyOptions = {}): Promise<void> {
    return copy(this.#state, path, options);
  }

  /** The reader slots that are taken, by this process and by others, in the order of the table of readers. */
  readers(): Reader[] {
    this.#state.checkOpen();
    return native.readers(this.#state.native);
  }

  /**
   * Frees the reader slots of dead processes, whose pages keep the file growing until then, and returns how many there were. leasehold does it
   * itself: when the database is opened, a reader lags many versions behind, or no slot is free, and before it throws `MDB_MAP_FULL`.
   */
  checkReaders(): number {
    this.#state.checkOpen();
    return native.checkReaders(this.#state.native);
  }

  /** Pages and entries of the unnamed database, which has a record for each collection. See also `collection.stat()`. */
  stat(): EnvironmentStat {
    this.#state.checkOpen();
    return native.stat(this.#state.native);
  }

  /** How large the database is and may become, and how many reader slots are in use. */
  info(): EnvironmentInfo {
    this.#state.checkOpen();
    const { mapSize, fileSize, lastPage, lastTransaction, maxReaders, readers } = native.info(this.#state.native);
    return { mapSize, fileSize, lastPage, lastTransaction, maxReaders, readers };
  }

  /** What this handle has lent, moved and drained so far. */
  counters(): EnvironmentCounters {
    this.#state.checkOpen();
    const { bytesCopied, rowsMoved, leases, drains } = this.#state.counters;
    const { snapshots } = native.info(this.#state.native);
    const shared = this.#collections.sharing?.counters ?? NO_SHARED;
    return { bytesCopied, rowsMoved, leases, drains, snapshots, shared };
  }

  /**
   * Ends all transactions, moves what sinks still hold to the heap (or expires it), and closes the file. An open write transaction is
   * rolled back. With `durability: 'periodic'` the last handle syncs first; if that fails, it is closed and this throws `EIO` or the
   * like. If there is no memory to move to, this throws `ENOMEM`, and the environment is still open. Closing twice does nothing.
   */
  close(): void {
    this.#state.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  static {
    partsOf = (value) => (#collections in value ? { state: value.#state, collections: value.#collections } : undefined);
    inspectAs(
      Environment.prototype,
      (self) => `Environment '${self.#state.path}' { ${self.#state.isOpen ? 'open' : 'closed'} }`,
    );
  }
}
