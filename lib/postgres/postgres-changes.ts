import { LeaseholdError, withField } from '../base/errors.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { storeClosed } from '../versions/engine/store-closed.ts';
import { polledOf } from './change-rows.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';
import type { ToldChanges } from './told-changes.ts';

const MOST_COMMITS = 100;

/** The commits of a store, in order, as an iterable: read from the log of changes, some at a time. */
export class PostgresChanges implements AsyncIterableIterator<Change, undefined> {
  readonly #line: Line;
  readonly #statements: Statements;
  readonly #told: ToldChanges;
  #tid: Tid;
  #queue: Change[] = [];
  #isDone = false;
  #wake: (() => void) | undefined;
  #end: { readonly error: Error | undefined } | undefined;
  readonly #stops: (() => void)[];
  /** Calls of `next` wait for the ones before them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(line: Line, statements: Statements, told: ToldChanges, after: Tid) {
    this.#line = line;
    this.#statements = statements;
    this.#told = told;
    this.#tid = after;
    const wake = (): void => this.#wake?.();
    this.#stops = [
      told.listeners.onChange(wake),
      told.listeners.onGap(wake),
      told.listeners.onEnd((error) => {
        this.#end = { error };
        wake();
      }),
    ];
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => {});
    return next;
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    this.#finish();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish();
  }

  async #next(): Promise<IteratorResult<Change, undefined>> {
    try {
      for (;;) {
        if (this.#isDone) return { done: true, value: undefined };
        const value = this.#queue.shift();
        if (value !== undefined) {
          this.#tid = value.tid;
          return { done: false, value };
        }
        if (this.#end !== undefined) throw this.#end.error ?? storeClosed();
        await this.#read();
        if (this.#queue.length > 0 || this.#isDone) continue;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (this.#told.tid > this.#tid || this.#end !== undefined) resolve();
        });
        this.#wake = undefined;
      }
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async #read(): Promise<void> {
    const { log, changes } = polledOf(await this.#line.ask(this.#statements.poll, [this.#tid, MOST_COMMITS]));
    if (log > this.#tid) {
      const message = `the log of changes does not have all commits after ${this.#tid} any more: it begins with commit ${log + 1}`;
      throw withField(new LeaseholdError('ERR_TOO_OLD', message), 'oldest', log + 1);
    }
    this.#queue = [...changes];
  }

  #finish(): void {
    this.#isDone = true;
    for (const stop of this.#stops) stop();
    this.#wake?.();
  }
}
