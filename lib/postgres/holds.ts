import { randomUUID } from 'node:crypto';
import { microtask, now } from '../base/clock.ts';
import type { Tid } from '../versions/engine/engine.ts';
import type { Line } from './connection/line.ts';
import { snapshotGone } from './reading.ts';
import type { Statements } from './sql/statements.ts';

/** How often a session says that it is there, in ms. */
const BEAT = 10_000;

/** For so many ms after a session has said what it needs, the server surely keeps it: it takes longer until a session that says nothing counts as ended. */
const KEPT = 30_000;

/** The commits as of which this process reads. The server keeps what is needed for that while the session says that it is there: see `trim` in sql/statements.ts. */
export class Holds {
  readonly #id = randomUUID();
  readonly #line: Line;
  readonly #statements: Statements;
  /** How many hold each commit. */
  readonly #held = new Map<Tid, number>();
  readonly #newest: () => Tid;
  #beaten = 0;
  /** What the server was told last, or is being told. */
  #published: Tid | undefined;
  /** What the server was told last, and until when it keeps that. */
  #kept: { readonly oldest: Tid; readonly until: number } | undefined;
  /** Whether anything was held since the server was told. */
  #isUsed = false;
  /** Whether the server knows the session. */
  #isKnown = false;
  #running: Promise<Tid> | undefined;
  #next: Promise<Tid> | undefined;

  /** `newest` gives the newest commit that was told. */
  constructor(line: Line, statements: Statements, newest: () => Tid) {
    this.#line = line;
    this.#statements = statements;
    this.#newest = newest;
  }

  /** Calls `answered` when the server knows. It is asked only if it does not keep the commit in any case. */
  hold(at: Tid, answered: ((error: Error | undefined) => void) | undefined): () => void {
    this.#held.set(at, (this.#held.get(at) ?? 0) + 1);
    this.#isUsed = true;
    if (this.#isKept(at)) {
      if (answered !== undefined) microtask(() => answered(undefined));
    } else if (this.#published === undefined || at < this.#published || answered !== undefined) {
      this.#beat().then(
        (history) => answered?.(at < history ? snapshotGone(at, history) : undefined),
        (error) => answered?.(error),
      );
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const count = (this.#held.get(at) as number) - 1;
      if (count > 0) this.#held.set(at, count);
      else this.#held.delete(at);
    };
  }

  /** To be called often. */
  beatIfDue(time: number): void {
    if (time - this.#beaten < BEAT) return;
    // A session that holds nothing, and never did, need not be known.
    if (this.#needed() === undefined && !this.#isKnown) return;
    this.#beaten = time;
    this.#beat().catch(() => {});
  }

  /** Nothing is held any more. */
  async end(): Promise<void> {
    this.#held.clear();
    this.#kept = undefined;
    if (this.#isKnown) await this.#line.ask(this.#statements.endSession, [this.#id]);
  }

  #oldest(): Tid | undefined {
    let oldest: Tid | undefined;
    for (const tid of this.#held.keys()) if (oldest === undefined || tid < oldest) oldest = tid;
    return oldest;
  }

  /** The oldest commit that is held. Nothing is held now, but there was something: the next one will be the newest commit, or one after that. */
  #needed(): Tid | undefined {
    return this.#oldest() ?? (this.#isUsed ? this.#newest() : undefined);
  }

  /** Whether the server keeps a commit in any case, whichever was the last one of what it was told that has arrived there. */
  #isKept(at: Tid): boolean {
    const [kept, published] = [this.#kept, this.#published];
    return kept !== undefined && published !== undefined && at >= kept.oldest && at >= published && now() < kept.until;
  }

  /**
   * Tells the server the oldest commit that is held when it is sent. Gives the oldest one that is kept. One is sent after the other: if two were under way when their connection is
   * lost, the older one could come last.
   */
  #beat(): Promise<Tid> {
    if (this.#running === undefined) {
      this.#running = this.#tell();
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#running = this.#tell();
        return this.#running;
      });
    return this.#next;
  }

  async #tell(): Promise<Tid> {
    const oldest = this.#needed();
    const until = now() + KEPT;
    this.#published = oldest;
    this.#isKnown = true;
    this.#isUsed = this.#held.size > 0;
    try {
      const [row] = await this.#line.ask(this.#statements.heartbeat, [this.#id, oldest ?? null]);
      const history = row?.[1] as Tid;
      this.#kept = oldest === undefined || oldest < history ? undefined : { oldest, until };
      return history;
    } catch (error) {
      // Only a standby answers: nothing is thrown away as long as there is no primary.
      if ((error as { code?: unknown }).code === 'ERR_READ_ONLY') return 0;
      this.#published = undefined;
      throw error;
    } finally {
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}
