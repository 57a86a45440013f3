import { clearTimeout, now, setTimeout, unref } from '../base/clock.ts';
import type { Tid } from '../versions/engine/engine.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** A notice is given so many ms after another one, of whatever process, at the earliest: what is committed within that time is polled together. */
const PAUSE = 5;

export interface NoticesOptions {
  readonly line: Line;
  readonly statements: Statements;
  readonly channel: string;
  /** What this process gives notice with. */
  readonly id: string;
}

/** Gives others notice that something was committed, so that they poll. A notice that is lost costs them time, and nothing else. */
export class Notices {
  readonly #options: NoticesOptions;
  /** When the last notice was given, by this process or another one. */
  #given = Number.NEGATIVE_INFINITY;
  /** The last commit of this process. */
  #committed: Tid = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Of a commit: at once, or when some time has passed since the last notice. */
  give(tid: Tid): void {
    this.#committed = Math.max(this.#committed, tid);
    if (this.#timer !== undefined) return;
    const pause = this.#given + PAUSE - now();
    if (pause <= 0) void this.#send();
    else {
      this.#timer = setTimeout(() => void this.flush(), pause);
      unref(this.#timer);
    }
  }

  /** Another process has given notice, when `tid` was the newest commit: whoever hears it finds that one, too. It may come here after the answer to a commit that was made later. */
  heard(tid: Tid): void {
    this.#given = now();
    if (this.#timer === undefined || !(tid >= this.#committed)) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Gives the notice that waits, if there is one. */
  async flush(): Promise<void> {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#send();
  }

  async #send(): Promise<void> {
    const { line, statements, channel, id } = this.#options;
    this.#given = now();
    try {
      await line.ask(statements.notify, [channel, id]);
    } catch {
      // There is no connection, or the server gives no notice.
    }
  }
}
