import { LeaseholdError, withField } from '../base/errors.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { polledOf } from './change-rows.ts';
import type { PostgresSession } from './postgres-session.ts';

const MOST_COMMITS = 100;

/** The commits of a store, in order, as an iterable: read from the log of changes, some at a time. Nothing refers to one that no `next` waits for: it may be dropped. */
export class PostgresChanges implements AsyncIterableIterator<Change, undefined> {
  readonly #session: PostgresSession;
  #tid: Tid;
  #queue: Change[] = [];
  #isDone = false;
  #wake: (() => void) | undefined;
  /** Calls of `next` wait for the ones before them. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: PostgresSession, after: Tid) {
    this.#session = session;
    this.#tid = after;
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
        this.#session.checkOpen();
        await this.#read();
        if (this.#queue.length === 0 && !this.#isDone) await this.#more();
      }
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async #read(): Promise<void> {
    const { lines, statements } = this.#session;
    const { log, changes } = polledOf(await lines.bulk.ask(statements.poll, [this.#tid, MOST_COMMITS]));
    if (log > this.#tid) {
      const message = `the log of changes does not have all commits after ${this.#tid} any more: it begins with commit ${log + 1}`;
      throw withField(new LeaseholdError('ERR_TOO_OLD', message), 'oldest', log + 1);
    }
    this.#queue = [...changes];
  }

  /** Waits until a commit is told that was not given yet, or for the end. */
  async #more(): Promise<void> {
    const { told } = this.#session;
    if (told.tid > this.#tid) return;
    this.#session.checkOpen();
    const { listeners } = told;
    let stops: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      const wake = (): void => resolve();
      this.#wake = wake;
      stops = [listeners.onChange(wake), listeners.onGap(wake), listeners.onEnd(wake)];
    });
    this.#wake = undefined;
    for (const stop of stops) stop();
  }

  #finish(): void {
    this.#isDone = true;
    this.#wake?.();
  }
}
