import { threadId } from 'node:worker_threads';
import { aborted } from '../../base/abort.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { emptyRecord, freezeClass, objectDefineProperty } from '../../base/primordials.ts';
import { LOCK_CANCELLED, LOCK_GRANTED, LOCK_STOLEN } from '../../native/constants.ts';
import { native } from '../../native/native.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { Lock, type LockMode } from './lock.ts';
import type { CheckedLockOptions } from './lock-options.ts';

/** The function that runs while the lock is held. */
export type LockBody<T> = (lock: Lock | null) => T | PromiseLike<T>;

/** The requests of this thread that have a lock or wait, by id. A record without a prototype: a program can patch a Map's methods. */
const requests: Record<number, LockRequest> = emptyRecord();
let listens = false;

/** Requests a lock, calls `fn` with it, and releases it. See `LockManager.request`. */
export function requestLock<T>(
  environment: EnvironmentState,
  name: string,
  { mode, flags, signal }: CheckedLockOptions,
  fn: LockBody<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    environment.checkOpen();
    if (signal?.aborted === true) throw aborted(signal);
    if (!listens) native.lockListen(tell, threadId);
    listens = true;
    const answer = native.lockRequest(environment.handle, name, flags);
    const id = answer < 0 ? -answer : answer;
    try {
      const work =
        id === 0 ? callWithout(fn) : new LockRequest(environment, id, signal, reject).run(answer < 0, name, mode, fn);
      work.then(resolve, reject);
    } catch (error) {
      // The stack overflowed. The function must not be called any more.
      const request = requests[id];
      if (request === undefined) native.lockRelease(environment.handle, id);
      else request.release();
      throw error;
    }
  });
}

async function callWithout<T>(fn: LockBody<T>): Promise<T> {
  // As on the web, the function is never called before request() has returned.
  await undefined;
  return fn(null);
}

/** A request that has its lock or waits for it. */
class LockRequest {
  readonly #environment: EnvironmentState;
  readonly #id: number;
  readonly #signal: AbortSignal | undefined;
  /** Rejects the promise of the request. Does nothing once that has settled. */
  readonly #reject: (error: Error) => void;
  #isOver = false;
  #wake: (() => void) | undefined;
  #abort: (() => void) | undefined;

  constructor(
    environment: EnvironmentState,
    id: number,
    signal: AbortSignal | undefined,
    reject: (error: Error) => void,
  ) {
    this.#environment = environment;
    this.#id = id;
    this.#signal = signal;
    this.#reject = reject;
    requests[id] = this;
  }

  /** Async, so that the function runs in the async context of the request (AsyncLocalStorage), also if it has to wait. */
  async run<T>(waits: boolean, name: string, mode: LockMode, fn: LockBody<T>): Promise<T> {
    try {
      this.#listen();
      if (waits) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        await undefined;
      }
      this.#unlisten();
      // The promise of the request has been rejected, and nobody sees this value.
      if (this.#isOver) return undefined as T;
      return await fn(new Lock(name, mode));
    } finally {
      this.release();
    }
  }

  /** What native code says has become of it: a LOCK_… number. */
  told(event: number): void {
    if (event !== LOCK_GRANTED) {
      this.#forget();
      this.#reject(event === LOCK_STOLEN ? stolen() : closed(this.#environment, event === LOCK_CANCELLED));
    }
    this.#wake?.();
  }

  #listen(): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    this.#abort = () => {
      this.#reject(aborted(signal));
      this.release();
      this.#wake?.();
    };
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  #unlisten(): void {
    if (this.#abort !== undefined) this.#signal?.removeEventListener('abort', this.#abort);
    this.#abort = undefined;
  }

  /** Releases the lock, or ends the wait. Does nothing if that was done already. */
  release(): void {
    if (this.#isOver) return;
    this.#forget();
    native.lockRelease(this.#environment.handle, this.#id);
  }

  #forget(): void {
    this.#isOver = true;
    delete requests[this.#id];
  }
}

freezeClass(LockRequest);

/** Called by native code. */
function tell(id: number, event: number): void {
  try {
    requests[id]?.told(event);
  } catch {
    // The stack overflowed, which it cannot where native code calls this.
  }
}

/** The error of a request whose lock was taken away by `steal`: an AbortError, as on the web. */
function stolen(): LeaseholdError {
  const error = new LeaseholdError('ABORT_ERR', 'the lock was stolen by another request, with the option steal');
  objectDefineProperty(error, 'name', { value: 'AbortError', configurable: true });
  return error;
}

function closed(environment: EnvironmentState, waited: boolean): LeaseholdError {
  const what = waited ? 'a request waited for the lock' : 'the lock was held, and it is free now';
  return new LeaseholdError('ERR_ENV_CLOSED', `the environment was closed while ${what}`, { path: environment.path });
}
