import { clearTimeout, now, setTimeout, unref } from '../base/clock.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** Others are given notice so often at most, in ms: what is committed within that time, they poll together. */
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
  #given = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** At once, or when some time has passed since the last notice. */
  give(): void {
    if (this.#timer !== undefined) return;
    const pause = this.#given + PAUSE - now();
    if (pause <= 0) void this.#send();
    else {
      this.#timer = setTimeout(() => void this.flush(), pause);
      unref(this.#timer);
    }
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
