import { clearTimeout, now, setTimeout, unref } from '../../base/clock.ts';

/** So many lines in so many ms are written; the others are counted. */
const MOST_LINES = 20;
const PERIOD = 10_000;

/** Lines of a log that strangers can cause: whoever is refused again and again must not fill the disk. */
export class LimitedLog {
  readonly #write: (line: string) => void;
  #begun = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #omitted = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Writes a line, or counts it: how many were left out is written when the period is over. */
  line(text: string): void {
    if (now() - this.#begun >= PERIOD) {
      this.end();
      this.#begun = now();
      this.#lines = 0;
    }
    if (this.#lines++ < MOST_LINES) {
      this.#write(text);
      return;
    }
    this.#omitted++;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.end(), PERIOD);
    unref(this.#timer);
  }

  /** Writes how many lines were left out, if any. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#omitted > 0) this.#write(`${this.#omitted} more such lines were left out`);
    this.#omitted = 0;
  }
}
