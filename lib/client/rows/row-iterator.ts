import type { RowBatch } from '../../versions/engine/engine.ts';

type Take = (batch: RowBatch) => Promise<boolean>;

/** The rows of a batch, each made when it is asked for. */
interface Made<T> {
  readonly length: number;
  entry(row: number): T;
}

/**
 * The rows of a range as an iterable: the next batch is asked for when the one before it was used up. Reading begins with the first `next()`. `return()`, which a
 * loop that ends early calls, ends it.
 */
export class RowIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #read: (take: Take) => Promise<void>;
  readonly #make: (batch: RowBatch) => Made<T>;
  #skipped: number;
  #left: number;
  #rows: Made<T> | undefined;
  #at = 0;
  #reading: Promise<void> | undefined;
  /** Tells the engine whether to go on. */
  #more: ((goOn: boolean) => void) | undefined;
  #arrived: (() => void) | undefined;
  #isDone = false;
  #isAbandoned = false;
  /** How many calls of `next` wait, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `read` calls `take` with batches. Of the rows, `offset` are left out, and at most `limit` given. */
  constructor(
    read: (take: Take) => Promise<void>,
    make: (batch: RowBatch) => Made<T>,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ) {
    this.#read = read;
    this.#make = make;
    this.#skipped = offset;
    this.#left = limit;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.take();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    const next = this.#last.then(() => this.#next());
    this.#waiting++;
    this.#last = next.catch(() => {});
    return next;
  }

  /** The next row, if it has come and nobody waits for it; undefined otherwise. */
  take(): T | undefined {
    return this.#waiting === 0 ? this.#take() : undefined;
  }

  /** Nobody can call `next` any more: it ends when those calls that wait have been answered. */
  abandon(): void {
    this.#isAbandoned = true;
    if (this.#waiting === 0) this.#end();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  #take(): T | undefined {
    const rows = this.#rows;
    while (rows !== undefined && this.#left > 0 && this.#at < rows.length) {
      const row = this.#at++;
      if (this.#skipped === 0) {
        this.#left--;
        return rows.entry(row);
      }
      this.#skipped--;
    }
    return undefined;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    try {
      while (!this.#isDone && this.#left > 0) {
        const value = this.#take();
        if (value !== undefined) return { done: false, value };
        if (!(await this.#fetch())) break;
      }
      this.#end();
      return { done: true, value: undefined };
    } finally {
      // Before the answer is there, after which the next row is asked for.
      this.#waiting--;
      if (this.#isAbandoned && this.#waiting === 0) this.#end();
    }
  }

  /** Waits for the next batch. False at the end. */
  async #fetch(): Promise<boolean> {
    const arrived = new Promise<boolean>((resolve) => {
      this.#arrived = () => resolve(true);
    });
    const more = this.#more;
    this.#more = undefined;
    this.#reading ??= this.#read(
      (batch) =>
        new Promise((resolve) => {
          this.#rows = this.#make(batch);
          this.#at = 0;
          this.#more = resolve;
          this.#arrived?.();
        }),
    );
    more?.(true);
    return Promise.race([arrived, this.#reading.then(() => false)]);
  }

  #end(): void {
    this.#isDone = true;
    this.#rows = undefined;
    this.#more?.(false);
    this.#more = undefined;
  }
}
