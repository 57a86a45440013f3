import { appendBare, bareArray } from '../base/primordials.ts';
import type { NativeEnvironment } from '../native/handles.ts';
import { native } from '../native/native.ts';

type Wake = () => void;

interface Wait {
  /** The version of the database that has been seen. */
  readonly version: number;
  readonly wake: Wake;
}

/** The part of an EnvironmentState that waits need. */
interface Waited {
  readonly native: NativeEnvironment;
  readonly isOpen: boolean;
}

/** The waits of this thread in which somebody waits, by environment. An array, since a program can patch the methods of a Set. */
const busy: CommitWaits[] = bareArray();

/** Whether anybody in this thread waits for a commit. Read it before `wakeAfterCommit`, which then costs nothing. */
export const someone: { waits: boolean } = { waits: false };

/** To be called after a commit of this thread: who waits for one in this thread is told at once. */
export function wakeAfterCommit(): void {
  try {
    for (let i = busy.length - 1; i >= 0; i--) busy[i]?.wakeAll();
  } catch {
    // The stack overflowed. Native code tells them a moment later.
  }
}

/** Waits for commits through one environment: all share one wait of native code, which hears of commits of any thread and process. */
export class CommitWaits {
  readonly #environment: Waited;
  readonly #waiting: Wait[] = bareArray();
  /** Since which version native code waits; undefined if it does not. */
  #since: number | undefined;

  constructor(environment: Waited) {
    this.#environment = environment;
  }

  /**
   * Calls `wake` once, when there may be a commit that this version of the database does not have, or the environment was closed. Returns
   * a function that ends the wait without a call. As long as somebody waits, the event loop keeps running.
   */
  add(version: number, wake: Wake): () => void {
    if (this.#since === undefined) this.#ask(version);
    const wait = { version, wake };
    appendBare(this.#waiting, wait);
    remove(busy, this);
    appendBare(busy, this);
    someone.waits = true;
    return () => {
      if (!remove(this.#waiting, wait) || this.#waiting.length > 0) return;
      this.#rest();
      // The event loop need not wait for it any more.
      if (this.#since !== undefined && this.#environment.isOpen) native.commitCancel(this.#environment.native);
    };
  }

  wakeAll(): void {
    for (let left = this.#waiting.length; left > 0; left--) {
      const wait = this.#waiting[0] as Wait;
      wait.wake();
      // Only now: if the stack overflowed in `wake`, a later call wakes it.
      remove(this.#waiting, wait);
    }
    if (this.#waiting.length === 0) this.#rest();
  }

  /** Has native code wait. */
  #ask(version: number): void {
    const told = native.commitAfter(this.#environment.native, version);
    this.#since = version;
    const wake = () => this.#told(version);
    told.then(wake, wake);
  }

  /** There may be a commit that `since` does not have. Who was told by this thread meanwhile has seen a newer version, and waits on. */
  #told(since: number): void {
    this.#since = undefined;
    let seen = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#waiting.length; i++) {
      const { version } = this.#waiting[i] as Wait;
      if (version < seen) seen = version;
    }
    if (this.#waiting.length > 0 && seen > since && this.#environment.isOpen) {
      try {
        this.#ask(seen);
        return;
      } catch {
        // Who is woken asks again, and gets the error.
      }
    }
    this.wakeAll();
  }

  #rest(): void {
    remove(busy, this);
    someone.waits = busy.length > 0;
  }
}

/** Removes a value from an array, and returns whether it was there. */
function remove<T>(array: T[], value: T): boolean {
  let at = 0;
  while (at < array.length && array[at] !== value) at++;
  if (at === array.length) return false;
  for (; at + 1 < array.length; at++) array[at] = array[at + 1] as T;
  array.length--;
  return true;
}
