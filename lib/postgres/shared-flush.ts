import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

/** Waits until the disk has what was committed without waiting for it. Whoever asks while another one waits shares the next wait. */
export class SharedFlush {
  readonly #line: Line;
  readonly #statements: Statements;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(line: Line, statements: Statements) {
    this.#line = line;
    this.#statements = statements;
  }

  /** Fulfilled when all is on the disk that was committed before the call. */
  wait(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#flush();
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#running = this.#flush();
        return this.#running;
      });
    return this.#next;
  }

  async #flush(): Promise<void> {
    try {
      await this.#line.ask(this.#statements.flush, []);
    } finally {
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}
