import { checkOptionNames, invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { CATALOG } from '../catalog/catalog.ts';
import { finishAllDrains } from '../lease/drain/queue.ts';
import type { Sink } from '../lease/sink.ts';
import { answered, native } from '../native/native.ts';
import type { EnvironmentCounters, EnvironmentInfo, EnvironmentStat, Reader } from '../native/stat.ts';
import { isAsynchronous, readWith } from '../transaction/async-reads.ts';
import { EnvironmentState } from '../transaction/environment-state.ts';
import { OpenRead } from '../transaction/open-read.ts';
import { checkChoice, checkObject, checkSize, type OnEnd } from '../transaction/options.ts';
import { readNewest } from '../transaction/read-newest.ts';
import { isThenable } from '../transaction/thenable.ts';
import { ReadTransaction, type WriteTransaction } from '../transaction/transaction.ts';
import type { Value } from '../value/value.ts';
import { type BatchAnswer, type BatchOperation, batch } from './batch.ts';
import type { Collection } from './collection.ts';
import type { CollectionOptions } from './collection-options.ts';
import { Collections } from './collections.ts';
import { type CopyOptions, copy } from './copy.ts';
import { type WriteOptions, write } from './write.ts';

export interface ReadOptions {
  /** What becomes of the sinks that are alive when the transaction ends; the environment's `onEnd` if not given. */
  onEnd?: OnEnd;
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
   * The collection of that name, made if it is absent, together with the memory of its codecs, in one commit; inside
   * `env.write`, as part of that. The same object for the same name and codecs. Without codecs, those that the database
   * remembers, or `bytes`. `null` names the unnamed database. `ERR_NO_COLLECTION` if absent and not to be made; `ERR_CODEC`
   * if the database remembers others, was made with another `dupSort`, or has a flag that no codec can serve;
   * `ERR_INVALID_ARG_VALUE` if it is open here with others, or for values with `dupSort` that do not sort as their bytes
   * do; `ERR_BUSY` if it has to be made and other writers are not done within `lockTimeout`.
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

  /** The names of all collections; inside `env.write`, as it has changed them. */
  collections(): string[] {
    const names = readNewest(this.#state, (transaction) => answered(native.collections(transaction.handle)));
    return names.filter((name) => name !== CATALOG);
  }

  /** The unnamed database, where other tools often write; with the codec `bytes` unless it was opened with others. */
  get main(): Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value> {
    this.#state.checkOpen();
    return this.#collections.open(null, undefined) as unknown as Collection<
      Uint8Array | Sink,
      Uint8Array | Sink,
      Value,
      Value
    >;
  }

  /**
   * Begins a read transaction; or calls `fn` with one, ends it after `fn` (after its promise settles, if it returns one)
   * and gives what `fn` gave. Calls in `fn` that name no transaction belong to it, in an async function those after an
   * `await` too; what it has started and not awaited throws `ERR_TXN_ENDED` once the transaction has ended.
   * `MDB_READERS_FULL` if no slot is free.
   */
  read(options?: ReadOptions): ReadTransaction;
  read<T>(fn: (txn: ReadTransaction) => T, options?: ReadOptions): T;
  read<T>(first?: ReadOptions | ((txn: ReadTransaction) => T), second?: ReadOptions): ReadTransaction | T {
    const environment = this.#state;
    environment.checkOpen();
    if (second !== undefined && typeof first !== 'function')
      throw invalidType('fn', 'a function, before the options', first);
    const options = typeof first === 'function' ? second : first;
    const invalidate = readOnEnd(options, environment.onEnd) === 'invalidate';
    const transaction = new OpenRead(environment, invalidate);
    let txn: ReadTransaction;
    try {
      txn = new ReadTransaction(transaction);
      environment.endIfForgotten(txn, transaction);
    } catch (error) {
      transaction.nextEnding = environment.ending;
      environment.ending = transaction;
      transaction.end();
      throw error;
    }
    if (typeof first !== 'function') return txn;
    const outer = environment.current;
    environment.current = transaction;
    // Looking at what fn gave may run user code as well.
    let settles = false;
    try {
      const result = readWith(transaction, first, txn);
      if (!isThenable(result)) return result;
      environment.current = outer;
      isAsynchronous(transaction);
      const settled = result.then(
        (value) => {
          txn.end();
          return value;
        },
        (error) => {
          txn.end();
          throw error;
        },
      ) as T;
      settles = true;
      return settled;
    } finally {
      environment.current = outer;
      if (!settles) {
        if (transaction.nextEnding === null) {
          transaction.nextEnding = environment.ending;
          environment.ending = transaction;
        }
        transaction.end();
      }
    }
  }

  /**
   * Calls `fn` in a write transaction and commits; gives what `fn` gave. If `fn` throws, everything is rolled back and the
   * error passes on. Inside another `env.write` it is a child transaction, which can be undone alone. `fn` must not be
   * async: `ERR_ASYNC_CALLBACK`, and it is not called; if it returns a promise all the same, everything is rolled back. A
   * write that failed dooms its transaction: its error is thrown here even if `fn` caught it. `ERR_READ_ONLY`,
   * `MDB_MAP_FULL`, `ENOSPC`, …; `ERR_BUSY` if other writers are not done within `lockTimeout`.
   */
  write<T>(fn: (txn: WriteTransaction) => T, options?: WriteOptions): T {
    return write(this.#state, fn, options);
  }

  /**
   * Applies changes, of several collections if need be, whole or not at all; off the main thread, and together with other
   * batches that wait, so that they share one commit. What it is given is encoded before it returns. Fulfilled once it is
   * committed (durable, under `durability: 'sync'`; under another, `env.flush()` tells when), with an answer for each
   * operation, as the calls of a collection that are named as its type would give. Batches of one
   * thread are applied in their order, and a write transaction that this thread begins comes after them; inside
   * `env.write(fn)`, they come after that.
   *
   * Rejected, without harm to other batches, with what `put` and `del` throw; the error has the `index` of the operation
   * at fault, if one is.
   */
  batch(operations: Iterable<BatchOperation>): Promise<BatchAnswer[]> {
    return batch(this.#state, operations);
  }

  /**
   * Fulfilled once all batches that this thread added before it have been committed, or have failed. Never rejected but
   * with `ERR_ENV_CLOSED` and `ERR_READ_ONLY`. It does not wait for a sync: `flush()` does.
   */
  async idle(): Promise<void> {
    await batch(this.#state, []);
  }

  /**
   * Brings everything that this process has committed to the disk, batches that wait included; the thread stands still
   * meanwhile. For `durability` other than `'sync'`; what it is worth under `'nosync'`, see there. Throws what the system
   * says (`EIO`, `ENOSPC`); under `'periodic'`, nothing can be committed after that until the database is opened anew.
   */
  sync(): void {
    this.#state.checkOpen();
    native.sync(this.#state.native);
  }

  /**
   * What `sync` does, by another thread: fulfilled once every commit made before this call, and every batch added before
   * it, is on the disk. Rejected with what `sync` throws.
   */
  async flush(): Promise<void> {
    this.#state.checkOpen();
    await native.flush(this.#state.native);
  }

  /**
   * Changes how many bytes the database may grow to; with no argument, adopts what another process made it. `ERR_BUSY`
   * while transactions are open, or if other threads are not done with writing within `lockTimeout`.
   */
  resize(mapSize?: number): void {
    this.#state.checkOpen();
    checkSize(mapSize, 'mapSize', 1, 2 ** 47);
    finishAllDrains();
    native.resize(this.#state.native, mapSize ?? 0, this.#state.lockTimeout);
    this.#state.windows.clear();
  }

  /**
   * Copies the newest version of the database to `path`, a directory, which is made (mode 0700) if it is absent. The
   * copying is done off the main thread; reads and writes go on meanwhile, and none waits. It is settled once the copy is
   * on the disk: a `data.mdb` there is always a whole one, whatever happens. It takes a reader slot, and while it lasts
   * the pages of its version are not used again.
   *
   * Rejected with `ERR_INVALID_ARG_VALUE` if there is a `data.mdb` at `path` already; with what the system says (`ENOSPC`,
   * `EACCES`, `ENOTDIR`, …), `MDB_READERS_FULL`, and `ERR_ENV_CLOSED` if the environment is closed before it is done: then
   * what was written is removed.
   */
  copy(path: string, options: CopyOptions = {}): Promise<void> {
    return copy(this.#state, path, options);
  }

  /** The reader slots that are taken, by this process and by others, in the order in which they stand. */
  readers(): Reader[] {
    this.#state.checkOpen();
    return native.readers(this.#state.native);
  }

  /**
   * Frees the reader slots of processes that are gone; gives how many there were. What a dead process was reading keeps
   * the file growing until then. It happens by itself: when the database is opened, when a reader lags many versions
   * behind, when no slot is free, and before `MDB_MAP_FULL` is thrown.
   */
  checkReaders(): number {
    this.#state.checkOpen();
    return native.checkReaders(this.#state.native);
  }

  /** Pages and entries of the unnamed database, in which each collection has a record; see also `collection.stat()`. */
  stat(): EnvironmentStat {
    this.#state.checkOpen();
    return native.stat(this.#state.native);
  }

  /** How large the database is and may become, and how many reader slots have been used. */
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
    return { bytesCopied, rowsMoved, leases, drains, snapshots };
  }

  /**
   * Ends what is open, moves what sinks still hold to the heap (or expires it), and closes the file; a write transaction is
   * rolled back. Under `durability: 'periodic'` the last handle syncs first; if that fails it throws `EIO` or the like, and
   * is closed. Closing twice does nothing. `ENOMEM` if there is no memory to move to; it is open still, then.
   */
  close(): void {
    this.#state.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  static {
    inspectAs(
      Environment.prototype,
      (self) => `Environment '${self.#state.path}' { ${self.#state.isOpen ? 'open' : 'closed'} }`,
    );
  }
}

function readOnEnd(options: ReadOptions | undefined, otherwise: OnEnd): OnEnd {
  if (options === undefined) return otherwise;
  checkObject(options, 'options');
  checkOptionNames(options, ['onEnd'], 'read()');
  checkChoice(options.onEnd, 'onEnd', ['copy', 'invalidate']);
  return options.onEnd ?? otherwise;
}
