import type { EngineRow } from '../versions/engine/engine.ts';

type Take = (rows: readonly EngineRow[]) => Promise<boolean>;

/**
 * The rows of a range as an iterable: the next batch is asked for when the one before it was used up. Reading begins with the first `next()`. `return()`, which a
 * loop that ends early calls, ends it.
 */
export class RowIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #read: (take: Take) => Promise<void>;
  readonly #make: (row: EngineRow) => T;
  #skipped: number;
  #left: number;
  #rows: readonly EngineRow[] = [];
  #at = 0;
  #reading: Promise<void> | undefined;
  /** Tells the engine whether to go on. */
  #more: ((goOn: boolean) => void) | undefined;
  #arrived: (() => void) | undefined;
  #isDone = false;
  #last: Promise<unknown> = Promise.resolve();

  /** `read` calls `take` with batches. Of the rows, `offset` are left out, and at most `limit` given. */
  constructor(
    read: (take: Take) => Promise<void>,
    make: (row: EngineRow) => T,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ) {
    this.#read = read;
    this.#make = make;
    this.#skipped = offset;
    this.#left = limit;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => {});
    return next;
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

  async #next(): Promise<IteratorResult<T, undefined>> {
    while (!this.#isDone && this.#left > 0) {
      const row = this.#rows[this.#at];
      if (row === undefined) {
        if (!(await this.#fetch())) break;
      } else {
        this.#at++;
        if (this.#skipped > 0) this.#skipped--;
        else {
          this.#left--;
          return { done: false, value: this.#make(row) };
        }
      }
    }
    this.#end();
    return { done: true, value: undefined };
  }

  /** Waits for the next batch. False at the end. */
  async #fetch(): Promise<boolean> {
    const arrived = new Promise<boolean>((resolve) => {
      this.#arrived = () => resolve(true);
    });
    const more = this.#more;
    this.#more = undefined;
    this.#reading ??= this.#read(
      (rows) =>
        new Promise((resolve) => {
          this.#rows = rows;
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
    this.#rows = [];
    this.#more?.(false);
    this.#more = undefined;
  }
}
