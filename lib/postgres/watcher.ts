import { clearTimeout, now, setTimeout } from '../base/clock.ts';
import type { Tid } from '../versions/engine/engine.ts';
import { type Polled, polledOf } from './change-rows.ts';
import type { Line } from './connection/line.ts';
import type { SqlConnection } from './connection/sql-client.ts';
import type { Statements } from './sql/statements.ts';
import type { ToldChanges } from './told-changes.ts';

/** How many commits one poll gives at most. */
const MOST_COMMITS = 500;
/** How often to look for commits, in ms: if the server gives notice of them, and if it does not. */
const POLL_WITH_NOTICE = 1000;
const POLL_WITHOUT = 50;
/** How many ms after the last poll to look for what there is notice of. */
const NOTICE_PAUSE = 5;
/** The same while a commit of this process is under way that polls: as a rule, its next one tells what there is notice of. */
const NOTICE_PAUSE_COMMITTING = 25;

/** After these errors there is no store any more with which to go on. */
const FATAL: readonly unknown[] = ['ERR_SNAPSHOT_LOST', 'ERR_STORE_NOT_INSTALLED', 'ERR_STORE_VERSION'];

export interface WatcherOptions {
  readonly statements: Statements;
  readonly line: Line;
  readonly place: string;
  readonly told: ToldChanges;
  /** What this process gives notice with. */
  readonly id: string;
  /** What is told cannot be trusted any more. */
  readonly failed: (error: Error) => void;
  /** Another process has given notice, when this was the newest commit. */
  readonly heard: (tid: Tid) => void;
  /** Called after each poll. */
  readonly polled: (isStandby: boolean) => void;
}

/** Looks for new commits, and has them told. A notice of the server only says when to look. */
export class Watcher {
  readonly #options: WatcherOptions;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #isDue = false;
  /** When the last poll began. */
  #begun = Number.NEGATIVE_INFINITY;
  /** Runs while there was notice of something that is polled a moment later. */
  #noticeTimer: NodeJS.Timeout | undefined;
  #hasNotice = false;
  /** The newest commit of which there was notice. */
  #newest: Tid = 0;
  /** How many polls are under way behind commits. */
  #behind = 0;
  #isEnded = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#later();
  }

  /** Asks a new connection to give notice of commits. Servers that cannot are polled more often. */
  async attach(connection: SqlConnection, channel: string): Promise<void> {
    this.#hasNotice = false;
    try {
      await connection.listen(channel, (payload) => {
        const [from, tid] = payload.split(' ');
        if (from === this.#options.id) return;
        this.#options.heard(Number(tid));
        // Whoever may give notice may give any.
        this.#noticed(Number(tid) > 0 ? Number(tid) : this.#options.told.tid + 1);
      });
      this.#hasNotice = true;
    } catch {
      // It was said only to save polls.
    }
  }

  /** Looks now, or again when the poll that is under way has been answered. Fulfilled when all was told that was committed before. Never rejected. */
  poll(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    if (this.#polling !== undefined) {
      this.#isDue = true;
      return this.#polling.then(() => this.#polling);
    }
    this.#isDue = false;
    this.#polling = this.#poll(this.#options.line).finally(() => {
      this.#polling = undefined;
      if (this.#isDue) void this.poll();
      else this.#later();
    });
    return this.#polling;
  }

  /** The same by a statement behind a commit that was just asked on a line, in the same trip: it tells that commit, too. */
  async pollBehind(line: Line): Promise<void> {
    this.#behind++;
    await this.#poll(line);
    this.#behind--;
  }

  /** Has told all that the server has to which a line leads when it is asked. Gives whether that is a standby, which may not have everything. What `Line.ask` throws. */
  async catchUp(line: Line): Promise<boolean> {
    const { told: all, statements } = this.#options;
    for (;;) {
      const { told } = all;
      const polled = polledOf(await line.ask(statements.poll, [told.tid, MOST_COMMITS]));
      if (!this.#take(polled, told)) return polled.isStandby;
    }
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#noticeTimer);
  }

  /** Polls, unless that was done a moment ago: of many commits in a row, one poll tells several. */
  #noticed(tid: Tid): void {
    const { told } = this.#options;
    if (this.#isEnded || told.tid >= tid) return;
    this.#newest = Math.max(this.#newest, tid);
    if (this.#noticeTimer !== undefined) return;
    const pause = this.#begun + (this.#behind > 0 ? NOTICE_PAUSE_COMMITTING : NOTICE_PAUSE) - now();
    if (pause <= 0) void this.poll();
    else {
      this.#noticeTimer = setTimeout(() => {
        this.#noticeTimer = undefined;
        // An own commit may have told it meanwhile.
        if (told.tid < this.#newest) void this.poll();
      }, pause);
    }
  }

  async #poll(line: Line): Promise<void> {
    const { failed } = this.#options;
    this.#begun = now();
    // It tells what there was notice of.
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = undefined;
    try {
      await this.catchUp(line);
    } catch (error) {
      // Without a connection, or if the server could not do it, the next poll is as good.
      if (FATAL.includes((error as { code?: unknown }).code)) failed(error as Error);
    }
  }

  /** Gives whether there is more. */
  #take(found: Polled, after: ToldChanges['told']): boolean {
    const { told, place, failed, polled } = this.#options;
    if (this.#isEnded) return false;
    let goesOn = false;
    try {
      goesOn = told.take(found, after, place);
    } catch (error) {
      failed(error as Error);
      return false;
    }
    polled(found.isStandby);
    return goesOn;
  }

  #later(): void {
    if (this.#isEnded) return;
    clearTimeout(this.#timer);
    const pause = this.#hasNotice ? POLL_WITH_NOTICE : POLL_WITHOUT;
    this.#timer = setTimeout(() => void this.poll(), pause * (0.75 + Math.random() / 2));
  }
}
