import { randomUUID } from 'node:crypto';
import type { Tid } from '../versions/engine/engine.ts';
import type { Line } from './connection/line.ts';
import { snapshotGone } from './reading.ts';
import type { Statements } from './sql/statements.ts';

/** How often a session says that it is there, in ms. */
const BEAT = 10_000;

/** The commits as of which this process reads. The server keeps what is needed for that while the session says that it is there: see `trim` in sql/statements.ts. */
export class Holds {
  readonly #id = randomUUID();
  readonly #line: Line;
  readonly #statements: Statements;
  /** How many hold each commit. */
  readonly #held = new Map<Tid, number>();
  #beaten = 0;
  #published: Tid | undefined;

  constructor(line: Line, statements: Statements) {
    this.#line = line;
    this.#statements = statements;
  }

  /** Calls `answered` when the server knows. */
  hold(at: Tid, answered: ((error: Error | undefined) => void) | undefined): () => void {
    this.#held.set(at, (this.#held.get(at) ?? 0) + 1);
    if (this.#published === undefined || at < this.#published || answered !== undefined) {
      this.#beat(at).then(answered, answered);
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
  beatIfDue(now: number): void {
    if (now - this.#beaten < BEAT) return;
    const oldest = this.#oldest();
    // A session that holds nothing, and never did, need not be known.
    if (oldest === undefined && this.#published === undefined) return;
    this.#beaten = now;
    this.#beat(undefined).catch(() => {});
  }

  /** Nothing is held any more. */
  async end(): Promise<void> {
    this.#held.clear();
    if (this.#published !== undefined) await this.#line.ask(this.#statements.endSession, [this.#id]);
  }

  #oldest(): Tid | undefined {
    let oldest: Tid | undefined;
    for (const tid of this.#held.keys()) if (oldest === undefined || tid < oldest) oldest = tid;
    return oldest;
  }

  async #beat(at: Tid | undefined): Promise<undefined> {
    const oldest = this.#oldest();
    this.#published = oldest;
    try {
      const [row] = await this.#line.ask(this.#statements.heartbeat, [this.#id, oldest ?? null]);
      const history = row?.[1] as Tid;
      if (at !== undefined && at < history) throw snapshotGone(at, history);
    } catch (error) {
      // Only a standby answers: nothing is thrown away as long as there is no primary.
      if ((error as { code?: unknown }).code !== 'ERR_READ_ONLY') throw error;
    }
  }
}
