import type { NativeEnvironment } from '../native/handles.ts';
import { native } from '../native/native.ts';

type Wake = () => void;

/** The part of an EnvironmentState that waits need. */
interface Waited {
  readonly native: NativeEnvironment;
  readonly isOpen: boolean;
}

/** The waits of this thread in which somebody waits, by environment. */
const busy = new Set<CommitWaits>();

/** Whether anybody in this thread waits for a commit. Read it before `wakeAfterCommit`, which then costs nothing. */
export let isAwaited = false;

/** To be called after a commit of this thread: who waits for one in this thread is told at once. */
export function wakeAfterCommit(): void {
  try {
    for (const waits of busy) waits.wakeAll();
  } catch {
    // The stack overflowed. Native code tells them a moment later.
  }
}

/** Waits for commits through one environment: all share one wait of native code, which hears of commits of any thread and process. */
export class CommitWaits {
  readonly #environment: Waited;
  readonly #waiting = new Set<Wake>();
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
    this.#waiting.add(wake);
    busy.add(this);
    isAwaited = true;
    return () => {
      if (!this.#waiting.delete(wake) || this.#waiting.size > 0) return;
      this.#rest();
      // The event loop need not wait for it any more.
      if (this.#isAsked && this.#environment.isOpen) native.commitCancel(this.#environment.native);
    };
  }

  wakeAll(): void {
    for (const wake of this.#waiting) {
      wake();
      // Only now: if the stack overflowed in `wake`, a later call wakes it.
      this.#waiting.delete(wake);
    }
    this.#rest();
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
    busy.delete(this);
    isAwaited = busy.size > 0;
  }
}
