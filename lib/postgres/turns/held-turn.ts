import { clearTimeout, setTimeout } from '../../base/clock.ts';
import { notThenable } from '../../base/primordials.ts';
import { newTurn, type Turn } from '../../versions/turn.ts';
import type { SqlConnection, SqlRow } from '../connection/sql-client.ts';
import { mayHaveRun } from '../errors.ts';
import type { Statement } from '../sql/statement.ts';

/** What a turn needs of its connection. */
export interface TurnPlace {
  /** It has the row of `head` locked, in a transaction that has begun. */
  readonly connection: SqlConnection;
  /** How many ms it lasts at most. */
  readonly longest: number;
  /** The connection is of no use any more. */
  readonly drop: () => void;
  /** The turn has ended. */
  readonly left: () => void;
}

/** The turn of a transaction: nobody else commits until it has ended. */
export class HeldTurn implements Turn {
  readonly number: number = newTurn().number;
  isNext = true;
  readonly #place: TurnPlace;
  readonly #timer: NodeJS.Timeout;
  #isHeld = true;

  constructor(place: TurnPlace) {
    this.#place = place;
    this.#timer = setTimeout(() => this.end(), place.longest);
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Commits by a statement, and ends the turn. On any error, `again` asks the same elsewhere: what is sent twice is committed once. `unanswered`: see `Line.ask`. */
  async commit(
    statement: Statement,
    values: readonly unknown[],
    again: () => Promise<readonly SqlRow[]>,
    unanswered: (error: Error) => Error,
  ): Promise<readonly SqlRow[]> {
    const { connection, drop, left } = this.#place;
    this.#isHeld = false;
    clearTimeout(this.#timer);
    let failure: unknown;
    try {
      const [answer, ended] = await Promise.allSettled([connection.query(statement, values), connection.run('commit')]);
      if (answer.status === 'fulfilled' && ended.status === 'fulfilled') return answer.value;
      failure = answer.status === 'rejected' ? answer.reason : (ended as PromiseRejectedResult).reason;
      drop();
    } finally {
      left();
    }
    try {
      return await again();
    } catch (error) {
      throw mayHaveRun(failure) ? unanswered(error as Error) : error;
    }
  }

  /** Lets others commit. Does nothing if the turn has ended. */
  end(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    clearTimeout(this.#timer);
    const { connection, drop, left } = this.#place;
    connection.run('rollback').catch(drop);
    left();
  }
}

notThenable(HeldTurn);
