import { clearTimeout, setTimeout } from '../base/clock.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** How often a process looks whether something is to be thrown away, in ms. One of all that have a store does it. */
const PERIOD = 30_000;
/** How many rows one statement deletes at most. */
const MOST_ROWS = 2000;
/** A session that has said nothing for so many seconds has ended. */
const SESSION_SECONDS = 60;

export interface KeptFor {
  /** For how many seconds states are kept that were overwritten, if nobody holds them. */
  readonly history: number;
  /** For how many seconds commits stay in the log of changes. */
  readonly log: number;
}

/** Throws away states that nobody can read any more, old parts of the log of changes, and pieces of values that nobody has committed. */
export class Trimming {
  readonly #line: Line;
  readonly #statements: Statements;
  readonly #keptFor: KeptFor;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(line: Line, statements: Statements, keptFor: KeptFor) {
    this.#line = line;
    this.#statements = statements;
    this.#keptFor = keptFor;
    this.#later();
  }

  /** Does it now. What cannot be done now is done later. */
  async trim(): Promise<void> {
    const { trim, trimHistory, trimLog, trimUploads } = this.#statements;
    const { history, log } = this.#keptFor;
    await this.#line.ask(trim, [history, log, SESSION_SECONDS]);
    for (;;) {
      const [row] = await this.#line.ask(trimHistory, [MOST_ROWS]);
      if (this.#isEnded || (row?.[0] as number) < MOST_ROWS) break;
    }
    await this.#line.ask(trimLog, [MOST_ROWS]);
    await this.#line.ask(trimUploads, []);
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    this.#timer = setTimeout(
      () => {
        this.trim()
          .catch(() => {})
          .finally(() => {
            if (!this.#isEnded) this.#later();
          });
      },
      PERIOD * (0.5 + Math.random()),
    );
  }
}
