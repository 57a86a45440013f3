import { afterMicrotasks, microtask } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { freezeClass } from '../base/primordials.ts';
import { Counters } from '../lease/counters.ts';
import { DrainQueue, finishAllDrains } from '../lease/drain/queue.ts';
import { splitGroups } from '../lease/group.ts';
import { Windows } from '../lease/windows.ts';
import {
  OPEN_COPY,
  OPEN_DURABILITY_GIVEN,
  OPEN_LOCK_GIVEN,
  OPEN_MEMORY_GIVEN,
  OPEN_NO_LOCK,
  OPEN_NO_METASYNC,
  OPEN_NO_SYNC,
  OPEN_PERIODIC,
  OPEN_READ_ONLY,
} from '../native/constants.ts';
import type { Handle, NativeEnvironment } from '../native/handles.ts';
import { native } from '../native/native.ts';
import { CommitWaits } from './commit-waits.ts';
import { makeDirectory } from './directory.ts';
import { notePlace } from './leak-warnings.ts';
import { endForgotten, watch } from './leaked-transactions.ts';
import type { ListedRead, ListedWrite } from './open-lists.ts';
import type { OnEnd, OpenOptions } from './open-options.ts';

const DEFAULT_SHARED_BYTES = 64 * 2 ** 20;

/**
 * What is behind an Environment that a user holds, shared with its collections and transactions. Users cannot reach it,
 * since it holds the windows over the memory map.
 */
export class EnvironmentState {
  readonly path: string;
  readonly native: NativeEnvironment;
  /** The number by which `native.readBegin` knows the environment. */
  readonly handle: Handle;
  readonly readOnly: boolean;
  readonly onEnd: OnEnd;
  /** How long a write transaction waits for other writers, in ms. */
  readonly lockTimeout: number;
  /** How many bytes the shared states of this handle may take. */
  readonly maxSharedBytes: number;
  /** Whether what has expired is deleted by itself. */
  readonly sweeps: boolean;
  /** Whether reads lend memory. If not, each read copies. */
  readonly lends: boolean;
  readonly counters: Counters = new Counters();
  readonly drains: DrainQueue = new DrainQueue(() => native.drainingSnapshots(this.native));
  readonly windows: Windows;
  readonly waits: CommitWaits = new CommitWaits(this);
  /** Whether calls are accepted. Set to false before `close` ends anything, since ending may run user code. */
  isOpen = true;
  /** Whether `close` is done: native code has closed the environment. */
  isClosed = false;
  /**
   * The transaction of calls that name none: that of the innermost `env.write(fn)` or `env.read(fn)` that is running. Read it
   * with `currentOf`.
   */
  current: ListedRead | ListedWrite | undefined;
  /** The innermost write transaction of this handle. Read it with `writingOf`. */
  writing: ListedWrite | undefined;
  /**
   * The read transactions that are being ended, as a list linked through themselves. Usually it is empty. A call puts its
   * transaction here before it ends it. If the stack then overflows, the next call that begins a transaction ends this one.
   */
  ending: ListedRead | undefined;
  /** The read transactions that have not ended, as a list linked through themselves. */
  #firstReading: ListedRead | undefined;
  /** Whether a microtask is due that watches the transactions begun in this job. */
  #watches = false;
  /** Whether the call is due that tells native code that all batches of this job have been added. */
  #isAdding = false;

  constructor(path: string, options: OpenOptions) {
    this.path = path;
    this.readOnly = options.readOnly === true;
    this.onEnd = options.onEnd ?? 'copy';
    this.maxSharedBytes = options.maxSharedBytes ?? DEFAULT_SHARED_BYTES;
    this.sweeps = options.sweep !== false && !this.readOnly;
    this.lockTimeout = options.lockTimeout ?? Number.POSITIVE_INFINITY;
    if (!this.readOnly) makeDirectory(path, 'open');
    this.native = native.open(
      path,
      options.mapSize ?? Number.NaN,
      options.maxCollections ?? Number.NaN,
      options.maxReaders ?? Number.NaN,
      options.syncInterval ?? Number.NaN,
      options.changes?.count ?? Number.NaN,
      options.changes?.bytes ?? Number.NaN,
      nativeFlags(options),
    );
    this.handle = native.environmentHandle(this.native);
    this.lends = native.lends(this.native) && native.allowsExternal();
    if (options.durability === 'periodic') syncAtExit();
    if (options.maxHeldBytes !== undefined) native.setBudget(this.native, options.maxHeldBytes);
    this.windows = new Windows((index, length) => native.window(this.native, index, length));
  }

  /** Throws `ERR_ENV_CLOSED`. */
  checkOpen(): void {
    if (!this.isOpen) {
      throw new LeaseholdError(
        'ERR_ENV_CLOSED',
        `the environment '${this.path}' is closed: open it again with open()`,
        {
          path: this.path,
        },
      );
    }
  }

  /**
   * Calls `fn`, and again if it fails because of snapshots: no reader slot is free, the map must be moved, or the handle of a
   * dropped collection is needed. Before the second try all drains are finished. Before the third, forgotten transactions are
   * ended as well.
   */
  retrying<T>(fn: () => T): T {
    this.checkOpen();
    try {
      return fn();
    } catch (error) {
      if (!needsSnapshots(error)) throw error;
    }
    finishAllDrains();
    try {
      return fn();
    } catch (error) {
      if (!needsSnapshots(error)) throw error;
    }
    endForgotten(this.#firstReading);
    finishAllDrains();
    return fn();
  }

  /**
   * To be called when a read through `transaction` failed with `error`. If the read would exceed `maxHeldBytes`, makes room, so
   * that the read can be tried again: ends forgotten transactions, and moves what ended transactions have lent. Throws any other error.
   */
  makeRoom(transaction: ListedRead, error: unknown): void {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_LEASE_BUDGET') throw error;
    // So that the collection below takes all that nothing holds.
    for (let reading = this.#firstReading; reading !== undefined; reading = reading.next) {
      if (reading.hasGroups) splitGroups(reading);
    }
    endForgotten(this.#firstReading, transaction);
    this.drains.finishAll();
  }

  /**
   * Ends a transaction, with a warning, once its `owner` is collected. Most transactions end in the job that begins them. So
   * the owner is registered with the collector only after the job, since that costs more than everything else of a transaction.
   */
  endIfForgotten(owner: object, transaction: ListedRead): void {
    transaction.owner = owner;
    if (!this.#watches) this.#watchSoon();
    notePlace(transaction);
  }

  #watchSoon(): void {
    microtask(() => {
      this.#watches = false;
      // New transactions are at the front of the list.
      let reading = this.#firstReading;
      for (; reading !== undefined && !reading.watched; reading = reading.next) watch(reading);
    });
    this.#watches = true;
  }

  /** To be called before a batch is added. Those that the running code and its microtasks add are committed together. */
  beginAdding(): void {
    if (this.#isAdding) return;
    afterMicrotasks(() => {
      this.#isAdding = false;
      if (!this.isClosed) native.batchesAdded(this.native);
    });
    this.#isAdding = true;
  }

  addReading(transaction: ListedRead): void {
    transaction.linked = true;
    transaction.next = this.#firstReading;
    if (transaction.next !== undefined) transaction.next.previous = transaction;
    this.#firstReading = transaction;
  }

  removeReading(transaction: ListedRead): void {
    transaction.linked = false;
    if (transaction.next !== undefined) transaction.next.previous = transaction.previous;
    if (transaction.previous !== undefined) transaction.previous.next = transaction.next;
    else this.#firstReading = transaction.next;
    transaction.next = transaction.previous = undefined;
  }

  /** Ends the transactions that earlier calls could not end, because the stack overflowed. */
  finishEnding(): void {
    for (let transaction = this.ending; transaction !== undefined; transaction = transaction.nextEnding ?? undefined)
      transaction.end();
    while (this.ending?.isDone === true) this.ending = this.ending.nextEnding ?? undefined;
  }

  /**
   * Ends everything, moves what is still held, and closes the file. If it throws `ENOMEM`, the environment is still open. User
   * code that runs meanwhile (sinks of other addons, hooks on promises) can begin nothing. Closing twice does nothing.
   */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    try {
      do {
        this.finishEnding();
        while (this.#firstReading !== undefined) this.#firstReading.end();
        this.drains.finishAll();
        // A call that passed `checkOpen` before may have begun another transaction.
      } while (this.#firstReading !== undefined);
    } catch (error) {
      this.isOpen = true;
      throw error;
    }
    for (let transaction = this.writing; transaction !== undefined; transaction = transaction.outer)
      transaction.abort();
    this.current = undefined;
    this.writing = undefined;
    this.windows.clear();
    this.isClosed = true;
    this.waits.wakeAll();
    native.close(this.native);
  }
}

freezeClass(EnvironmentState);

/** Whether a call that failed with this error can succeed once snapshots are gone. */
function needsSnapshots(error: unknown): boolean {
  if (!(error instanceof LeaseholdError)) return false;
  return error.code === 'MDB_READERS_FULL' || error.code === 'MDB_MAP_RESIZED' || error.code === 'MDB_DBS_FULL';
}

let syncsAtExit = false;

/** `process.exit()` ends the process without closing environments, so commits of `durability: 'periodic'` are synced then. */
function syncAtExit(): void {
  if (syncsAtExit) return;
  syncsAtExit = true;
  process.on('exit', () => native.syncPinned());
}

function nativeFlags(options: OpenOptions): number {
  let flags = options.readOnly === true ? OPEN_READ_ONLY : 0;
  if (options.durability !== undefined) flags |= OPEN_DURABILITY_GIVEN;
  if (options.durability === 'nometasync') flags |= OPEN_NO_METASYNC;
  if (options.durability === 'nosync') flags |= OPEN_NO_SYNC;
  if (options.lock !== undefined) flags |= OPEN_LOCK_GIVEN;
  if (options.lock === false) flags |= OPEN_NO_LOCK;
  if (options.durability === 'periodic') flags |= OPEN_PERIODIC;
  if (options.memory !== undefined) flags |= OPEN_MEMORY_GIVEN;
  if ((options.memory ?? process.env.LEASEHOLD_MEMORY) === 'copy') flags |= OPEN_COPY;
  return flags;
}
