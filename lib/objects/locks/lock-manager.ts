import { invalidType } from '../../base/errors.ts';
import { inspectAs } from '../../base/inspect.ts';
import { type Environment, environmentParts } from '../../environment/environment.ts';
import { LOCK_HELD, LOCK_SHARED } from '../../native/constants.ts';
import { native } from '../../native/native.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import type { Lock, LockMode } from './lock.ts';
import { checkLockName, type LockOptions, readLockOptions } from './lock-options.ts';
import { type LockBody, requestLock } from './lock-request.ts';

/** A lock that somebody has or waits for. */
export interface LockInfo {
  readonly name: string;
  readonly mode: LockMode;
  /** The process and the thread: `'4711:0'`, with 0 for the main thread. */
  readonly clientId: string;
}

export interface LockManagerSnapshot {
  readonly held: LockInfo[];
  /** In the order in which they will be granted. */
  readonly pending: LockInfo[];
}

/**
 * Locks by name, for all threads, processes and programs that have the database open; the shape is that of the
 * [Web Locks API](https://w3c.github.io/web-locks/). See docs/locks.md.
 */
export class LockManager {
  readonly #environment: EnvironmentState;

  /** `ERR_INVALID_ARG_TYPE` for anything but an Environment. */
  constructor(environment: Environment) {
    this.#environment = environmentParts(environment).state;
  }

  /**
   * Requests a lock, calls `callback` once it is there, and releases it when the promise that `callback` returned settles. Settles as that
   * promise does. With `ifAvailable`, `callback` gets null if the lock is not free. `callback` is never called before `request` has returned.
   *
   * Rejected with an AbortError (`ABORT_ERR`) after `signal` (the reason is its cause), and when another request steals the lock;
   * `ERR_ENV_CLOSED` when the environment is closed before the promise has settled; `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`
   * for what the web calls a NotSupportedError: a name that begins with '-', options that exclude each other; for a name of more than 4,096 UTF-16
   * code units; for an environment with `lock: false`. `ERR_BUSY` if more than a million requests are there; `EACCES`, `ENOSPC`, … of the file named.lock.
   */
  request<T>(name: string, callback: (lock: Lock) => T | PromiseLike<T>): Promise<T>;
  request<T>(
    name: string,
    options: LockOptions & { ifAvailable?: false },
    callback: (lock: Lock) => T | PromiseLike<T>,
  ): Promise<T>;
  request<T>(name: string, options: LockOptions, callback: (lock: Lock | null) => T | PromiseLike<T>): Promise<T>;
  request<T>(name: unknown, second: unknown, third?: unknown): Promise<T> {
    const hasOptions = third !== undefined;
    return new Promise<T>((resolve, reject) => {
      const callback = hasOptions ? third : second;
      checkLockName(name);
      if (typeof callback !== 'function') throw invalidType('callback', 'a function', callback);
      const options = readLockOptions(hasOptions ? second : undefined);
      requestLock(this.#environment, name, options, callback as LockBody<T>).then(resolve, reject);
    });
  }

  /** The locks that are held and waited for at this moment, of all programs. `ERR_ENV_CLOSED`, and what `request` says of named.lock. */
  async query(): Promise<LockManagerSnapshot> {
    this.#environment.checkOpen();
    const found = native.lockQuery(this.#environment.handle);
    const snapshot: { held: LockInfo[]; pending: LockInfo[] } = { held: [], pending: [] };
    for (let i = 0; i < found.length; i += 4) {
      const flags = found[i + 1] as number;
      const mode = (flags & LOCK_SHARED) !== 0 ? 'shared' : 'exclusive';
      const info: LockInfo = { name: found[i] as string, mode, clientId: `${found[i + 2]}:${found[i + 3]}` };
      ((flags & LOCK_HELD) !== 0 ? snapshot.held : snapshot.pending).push(info);
    }
    return snapshot;
  }

  static {
    inspectAs(LockManager.prototype, (self) => `LockManager of '${self.#environment.path}'`);
  }
}
