import { checkChoice, checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue, outOfRange } from '../base/errors.ts';

/** What happens to the Keys and Values that are alive when their transaction ends. */
export type OnEnd = 'copy' | 'invalidate';

/** How much is kept of what commits have changed. */
export interface ChangesOptions {
  /** At least so many commits, unless they need more than `bytes`. Default 1,000,000. */
  count?: number;
  /** Most bytes of their records in data.mdb. Default 64 MiB. */
  bytes?: number;
}

/** The options of `open`. An option that is not given has its default, or the value with which this process has the path open. */
export interface OpenOptions {
  /** Most bytes that the database may grow to; address space, not disk. Default 64 GiB. */
  mapSize?: number;
  /** Most named collections that this process may have in use. Default 10,000; a high number costs nothing. */
  maxCollections?: number;
  /** Reader slots across all processes. Default 1024. */
  maxReaders?: number;
  /** Refuse to write; the database must exist. Default false. */
  readOnly?: boolean;
  /**
   * Most milliseconds that `env.write`, `put`, `del` and all other calls that write wait for other processes and threads to
   * finish writing. Then they throw `ERR_BUSY`, which says who may be writing. The event loop stands still meanwhile. Default
   * `Infinity`. It does not bound batches and imports. Each handle has its own.
   */
  lockTimeout?: number;
  /**
   * `false` opens a database without its `lock.mdb`, where that file cannot be written: on a read-only file system, or
   * where it belongs to another user. Needs `readOnly: true`. Writers do not see such a reader. So **nobody may write to
   * the database while it is open**: a writer would overwrite the pages that are being read, and views would change or show
   * garbage. After a write, each new read transaction throws `ERR_BUSY`, but one that is open shows garbage without an
   * error. Default true.
   */
  lock?: boolean;
  /**
   * What survives a crash of the system or a power cut. (The end of the process loses no commit that has returned, not even
   * `kill -9`.)
   *
   * - `'sync'` (default): every commit survives.
   * - `'periodic'`: every commit but the last ones. Commits do not wait for the disk. Another thread writes them to it within
   *   `syncInterval`, and `env.flush()` waits for that. After a power cut the database is whole, as it was at the last sync.
   * - `'nometasync'`: every commit but the last one.
   * - `'nosync'`: perhaps nothing. Pages reach the disk in any order and are used again at once. So the database may
   *   be unusable after a power cut, whatever `env.sync()` did before. For data that can be made again.
   *
   * docs/durability.md explains each, and what it costs.
   */
  durability?: 'sync' | 'periodic' | 'nometasync' | 'nosync';
  /** Milliseconds after a commit within which `'periodic'` begins to sync it. Default 100; least 1. */
  syncInterval?: number;
  /**
   * How far back the changes of versioned collections are known (`env.changes`, `env.transact`). A commit beyond either limit deletes
   * the oldest ones, a few at a time. The last commit is always known. All handles on one environment have the same.
   */
  changes?: ChangesOptions;
  /**
   * `'map'` (default) lends the memory map. `'copy'` never lends: every read is a private copy. In a runtime that allows no memory
   * outside of its heap (Electron) it is always `'copy'`. If the option is not given, LEASEHOLD_MEMORY=copy in the process's
   * environment makes it `'copy'`. All handles on one environment have the same.
   */
  memory?: 'map' | 'copy';
  /** `'copy'` (default): Keys and Values move to the heap when their transaction ends; `'invalidate'`: they expire. */
  onEnd?: OnEnd;
  /**
   * Most bytes that the live leases of this handle may cover, which is what drains would copy. A read beyond that throws
   * `ERR_LEASE_BUDGET`, after leasehold has made sure that the leases are live. Default: no bound.
   */
  maxHeldBytes?: number;
  /**
   * Most bytes that the decoded values may take which readers share (collections with `share: true`), as estimated. Each handle has its
   * own. Default 64 MiB.
   */
  maxSharedBytes?: number;
  /**
   * Whether this handle, once it has opened a collection with `expires`, deletes what has expired by itself: in small transactions of another
   * thread, every few seconds, while the program runs anyway. Reads skip what has expired in any case. Without it, `env.sweep()` must be called
   * now and then. Default true.
   */
  sweep?: boolean;
}

const OPEN_OPTIONS = [
  'mapSize',
  'maxCollections',
  'maxReaders',
  'readOnly',
  'lockTimeout',
  'lock',
  'durability',
  'syncInterval',
  'changes',
  'memory',
  'onEnd',
  'maxHeldBytes',
  'maxSharedBytes',
  'sweep',
] as const;

/** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE` unless `options` are options of `open`. */
export function checkOpenOptions(options: unknown): asserts options is OpenOptions {
  checkObject(options, 'options');
  checkOptionNames(options, OPEN_OPTIONS, 'open()');
  const given = options as Record<string, unknown>;
  checkSize(given.mapSize, 'mapSize', 1, 2 ** 47);
  checkSize(given.maxCollections, 'maxCollections', 1, 2 ** 20);
  checkSize(given.maxReaders, 'maxReaders', 1, 2 ** 20);
  checkSize(given.maxHeldBytes, 'maxHeldBytes', 0, Number.MAX_SAFE_INTEGER);
  checkSize(given.maxSharedBytes, 'maxSharedBytes', 0, Number.MAX_SAFE_INTEGER);
  if (given.readOnly !== undefined && typeof given.readOnly !== 'boolean') {
    throw invalidType('readOnly', 'a boolean', given.readOnly);
  }
  checkLockTimeout(given.lockTimeout);
  if (given.sweep !== undefined && typeof given.sweep !== 'boolean')
    throw invalidType('sweep', 'a boolean', given.sweep);
  if (given.lock !== undefined && typeof given.lock !== 'boolean') throw invalidType('lock', 'a boolean', given.lock);
  if (given.lock === false && given.readOnly !== true) {
    throw invalidValue(
      '`lock: false` needs readOnly: true, since nothing else keeps two processes from writing at once',
    );
  }
  checkChoice(given.durability, 'durability', ['sync', 'periodic', 'nometasync', 'nosync']);
  checkSize(given.syncInterval, 'syncInterval', 1, 2 ** 31 - 1);
  if (given.syncInterval !== undefined && given.durability !== 'periodic') {
    throw invalidValue("syncInterval is an option of durability: 'periodic'");
  }
  checkChanges(given.changes);
  checkChoice(given.memory, 'memory', ['map', 'copy']);
  checkChoice(given.onEnd, 'onEnd', ['copy', 'invalidate']);
}

function checkChanges(value: unknown): asserts value is ChangesOptions | undefined {
  if (value === undefined) return;
  checkObject(value, 'changes');
  checkOptionNames(value, ['count', 'bytes'], 'the option changes of open()');
  const { count, bytes } = value as Record<string, unknown>;
  checkSize(count, 'changes.count', 1, Number.MAX_SAFE_INTEGER);
  checkSize(bytes, 'changes.bytes', 1, Number.MAX_SAFE_INTEGER);
}

/** Milliseconds to wait for other writers. Throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
export function checkLockTimeout(value: unknown): asserts value is number | undefined {
  if (value === undefined) return;
  if (typeof value !== 'number') throw invalidType('lockTimeout', 'a number', value);
  if (!(value >= 0)) throw outOfRange('lockTimeout', 'a number of milliseconds from 0 to Infinity', value);
}
