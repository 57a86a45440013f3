import { append, bareArray } from '../base/primordials.ts';
import type { NativeEnvironment } from '../native/handles.ts';
import { native } from '../native/native.ts';

type Wake = () => void;

/** The part of an EnvironmentState that waits need. */
interface Waited {
  readonly native: NativeEnvironment;
  readonly isOpen: boolean;
}

/** The waits of this thread in which somebody waits, by environment. An array, since a program can patch the methods of a Set. */
const busy: CommitWaits[] = bareArray();

/** Whether anybody in this thread waits for a commit. Read it before `wakeAfterCommit`, which then costs nothing. */
export let isAwaited = false;

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
  readonly #waiting: Wake[] = bareArray();
  #isAsked = false;

  constructor(environment: Waited) {
    this.#environment = environment;
  }

  /**
   * Calls `wake` once, when there may be a commit that this version of the database does not have, or the environment was closed. Returns
   * a function that ends the wait without a call. As long as somebody waits, the event loop keeps running.
   */
  add(version: number, wake: Wake): () => void {
    this.#ask(version);
    append(this.#waiting, wake);
    remove(busy, this);
    append(busy, this);
    isAwaited = true;
    return () => {
      if (!remove(this.#waiting, wake) || this.#waiting.length > 0) return;
      this.#rest();
      // The event loop need not wait for it any more.
      if (this.#isAsked && this.#environment.isOpen) native.commitCancel(this.#environment.native);
    };
  }

  wakeAll(): void {
    for (let left = this.#waiting.length; left > 0; left--) {
      const wake = this.#waiting[0] as Wake;
      wake();
      // Only now: if the stack overflowed in `wake`, a later call wakes it.
      remove(this.#waiting, wake);
    }
    if (this.#waiting.length === 0) this.#rest();
  }

  /** Has native code wait, unless it does already: then it waits since an earlier version. */
  #ask(version: number): void {
    if (this.#isAsked) return;
    const told = native.commitAfter(this.#environment.native, version);
    this.#isAsked = true;
    const wake = () => {
      this.#isAsked = false;
      this.wakeAll();
    };
    told.then(wake, wake);
  }

  #rest(): void {
    remove(busy, this);
    isAwaited = busy.length > 0;
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
