import type { Tid } from '../../versions/engine/engine.ts';
import { storeClosed } from '../../versions/engine/store-closed.ts';
import { pause, pauseBeforeRun } from '../../versions/pause.ts';
import type { RunTurns } from '../../versions/turn.ts';
import type { SqlConnection } from '../connection/sql-client.ts';
import type { Statement } from '../sql/statement.ts';
import { HeldTurn } from './held-turn.ts';

/*
 * Transactions that meet conflicts again and again take turns, or others, which commit without a pause, would keep them from ever committing. Whoever has a turn holds the lock on the row of `head` while
 * its function runs, on a connection of its own: every other commit waits for that row. Its own commit is a part of the transaction that has the lock, so nothing that it has read can have changed.
 *
 * The lock is that of an open transaction. So it is gone when the program is, or its connection; and the server ends the session of a program that is stopped in its turn.
 */

/** From this run on, a transaction waits for its turn. */
const FIRST_TURN = 3;
/** A transaction has no more turns: if it cannot commit in these, it takes too long, and others would wait in vain. */
const MOST_TURNS = 3;
/** ms. A turn ends then, also if no commit has come. */
const LONGEST_TURN = 500;
/** ms. The server ends the turn of a program that does nothing any more. */
const LONGEST_SILENCE = 1000;
/** ms. A transaction waits no longer for its turn. */
const LONGEST_WAIT = 5000;

const BEGIN = `begin; set local lock_timeout = ${LONGEST_WAIT}; set local idle_in_transaction_session_timeout = ${LONGEST_SILENCE}`;

/** What `commit` is asked so that it changes nothing: there is no such commit as of which it could have been read. */
const NOTHING = [new Uint8Array(1), '', Number.MAX_SAFE_INTEGER, ...new Array(11).fill([]), 0, 0, [], [], []];

export interface TurnsOptions {
  /** Makes a connection with the primary. */
  readonly dial: () => Promise<SqlConnection>;
  /** Locks the row of `head`, and gives the newest commit. */
  readonly lock: Statement;
  /** What commits. */
  readonly commit: Statement;
  /** Has told a commit. False if it cannot now. */
  readonly reach: (tid: Tid) => Promise<boolean>;
}

/** The turns of the transactions of an engine: one at a time. */
export class Turns {
  readonly #options: TurnsOptions;
  #connection: SqlConnection | undefined;
  /** The end of the last turn, or of the last wait for one. */
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Waits for a turn. What was committed before has been told then. Undefined if it would take too long, or cannot be had. Throws an AbortError. */
  async take(signal: AbortSignal | undefined): Promise<HeldTurn | undefined> {
    const before = this.#last;
    let left = (): void => {};
    const end = new Promise<void>((resolve) => {
      left = resolve;
    });
    this.#last = before.then(() => end);
    let taken: HeldTurn | undefined;
    let isWaiting = true;
    const taking = before.then(async () => {
      const turn = isWaiting ? await this.#take(left) : left();
      if (isWaiting) taken = turn ?? undefined;
      else turn?.end();
    });
    try {
      await pause(LONGEST_WAIT, signal, taking);
    } catch (error) {
      // It may have come just before.
      (taken as HeldTurn | undefined)?.end();
      throw error;
    } finally {
      isWaiting = false;
    }
    return taken;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.end();
  }

  async #take(left: () => void): Promise<HeldTurn | undefined> {
    let turn: HeldTurn | undefined;
    try {
      const connection = this.#connection ?? (await this.#connect());
      const drop = (): void => this.#drop(connection);
      const [, [row]] = await Promise.all([connection.run(BEGIN), connection.query(this.#options.lock, [])]);
      turn = new HeldTurn({ connection, longest: LONGEST_TURN, drop, left });
      if (await this.#options.reach(row?.[0] as Tid)) return turn;
    } catch {
      // The transaction runs without a turn.
      if (turn === undefined && this.#connection !== undefined) this.#drop(this.#connection);
    }
    if (turn === undefined) left();
    else turn.end();
    return undefined;
  }

  async #connect(): Promise<SqlConnection> {
    const { dial, commit } = this.#options;
    const connection = await dial();
    try {
      // A server prepares a statement when it is sent for the first time. It does not look how long a program takes to send the rest of it: so that is not done while others wait.
      await connection.query(commit, NOTHING);
      if (this.#isClosed) throw storeClosed();
    } catch (error) {
      connection.end();
      throw error;
    }
    this.#connection = connection;
    connection.onLost(() => this.#drop(connection));
    return connection;
  }

  /** Whatever is locked on the connection is given back. */
  #drop(connection: SqlConnection): void {
    connection.end();
    if (this.#connection === connection) this.#connection = undefined;
  }
}

/** What a transaction waits for before its runs. */
export class TransactionTurns implements RunTurns {
  turn: HeldTurn | undefined;
  readonly #turns: Turns;
  #count = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  begin(run: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    return run === 1 ? undefined : this.#wait(run, signal);
  }

  end(): void {
    this.turn?.end();
  }

  async #wait(run: number, signal: AbortSignal | undefined): Promise<void> {
    this.end();
    this.turn = undefined;
    if (run >= FIRST_TURN && this.#count < MOST_TURNS) {
      this.turn = await this.#turns.take(signal);
      if (this.turn !== undefined) {
        this.#count++;
        return;
      }
    }
    await pauseBeforeRun(run, signal);
  }
}
