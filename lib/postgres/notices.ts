import { clearTimeout, now, setTimeout, unref } from '../base/clock.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** A notice is given so many ms after another one, of whatever process, at the earliest: what is committed within that time is polled together. */
const PAUSE = 5;
/** A notice of another process that comes so many ms after a commit has others poll for that commit, too. */
const MARGIN = 1;

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
  /** When the last commit was made. */
  #committed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** At once, or when some time has passed since the last notice. */
  give(): void {
    this.#committed = now();
    if (this.#timer !== undefined) return;
    const pause = this.#given + PAUSE - this.#committed;
    if (pause <= 0) void this.#send();
    else {
      this.#timer = setTimeout(() => void this.flush(), pause);
      unref(this.#timer);
    }
  }

  /** Another process has given notice. What this one has committed before need not be said any more. */
  heard(): void {
    this.#given = now();
    if (this.#timer === undefined || this.#given - this.#committed < MARGIN) return;
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
