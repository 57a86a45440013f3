import { clearTimeout, now, setTimeout } from '../../base/clock.ts';
import { storeClosed } from '../../versions/engine/store-closed.ts';
import { ConnectionLost, disconnected, errorOf, isOver, mayHaveRun } from '../errors.ts';
import type { Statement } from '../sql/statement.ts';
import type { SqlConnection, SqlRow } from './sql-client.ts';

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 2000;
/** A statement fails when so many connections in a row have ended while it was asked: it may be what ends them. */
const MOST_LOSSES = 10;

export interface LineOptions {
  /** Where it leads, for errors. */
  readonly place: string;
  /** How many ms a statement waits for a connection before it fails. */
  readonly timeout: number;
  /** Makes a connection with a server that may be asked. */
  readonly dial: () => Promise<SqlConnection>;
  /** A connection was made or lost. */
  readonly moved?: (isConnected: boolean) => void;
}

/**
 * A connection that is made when it is needed, and again when it is lost. Statements on it are answered in the order in which they are asked. Whoever asks one twice must get
 * what asking it once gives: a statement whose answer was lost is sent again.
 */
export class Line {
  readonly #options: LineOptions;
  #connection: SqlConnection | undefined;
  #connecting: Promise<SqlConnection> | undefined;
  #pause = 0;
  /** Ends the pauses that are under way. */
  readonly #waits = new Set<() => void>();
  #closed: Error | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * The rows that a statement gives. `ERR_DISCONNECTED` if there was no connection for too long; `ERR_FORBIDDEN`, `ERR_TIMEOUT`, `ERR_STORE_NOT_INSTALLED`,
   * `ERR_DATABASE` for what else the server says; what `dial` throws; `ERR_ENV_CLOSED`. `unanswered` makes the error of a statement that may have been executed,
   * since an answer to it was lost.
   */
  async ask(
    statement: Statement,
    values: readonly unknown[],
    unanswered: (error: Error) => Error = (error) => error,
  ): Promise<readonly SqlRow[]> {
    const { place, timeout } = this.#options;
    const end = now() + timeout;
    let losses = 0;
    let isUnanswered = false;
    for (;;) {
      try {
        const connection = await this.#connected(end);
        try {
          return await connection.query(statement, values);
        } catch (error) {
          losses++;
          isUnanswered ||= mayHaveRun(error);
          if (isOver(error)) this.#leave(connection);
          throw error;
        }
      } catch (cause) {
        const error = this.#closed ?? this.#failureOf(errorOf(cause, place), losses, end);
        if (error !== undefined) throw isUnanswered ? unanswered(error) : error;
        await this.#wait(Math.max(0, end - now()));
      }
    }
  }

  /** Makes the connection, or says at once why it cannot: `ERR_DISCONNECTED`, and what else `ask` throws. */
  async connect(): Promise<void> {
    try {
      await this.#connected(now() + this.#options.timeout);
    } catch (cause) {
      const error = errorOf(cause, this.#options.place);
      if (!(error instanceof ConnectionLost)) throw error;
      throw disconnected(`${this.#options.place} does not answer: ${error.message}`, error);
    }
  }

  /** Ends the connection: the next statement makes another one. */
  drop(): void {
    if (this.#connection !== undefined) this.#leave(this.#connection);
  }

  /** What waits fails with `error`. */
  close(error: Error = storeClosed()): void {
    this.#closed ??= error;
    for (const end of this.#waits) end();
    this.#connection?.end();
  }

  /** With what a statement fails; undefined if it is to be sent again. */
  #failureOf(error: Error, losses: number, end: number): Error | undefined {
    const { place, timeout } = this.#options;
    if (!(error instanceof ConnectionLost)) return error;
    if (losses >= MOST_LOSSES)
      return disconnected(
        `${losses} connections with ${place} have ended while this was asked (${error.message})`,
        error,
      );
    if (now() < end) return undefined;
    return disconnected(
      `there has been no connection with ${place} for ${timeout} ms: try again later (${error.message})`,
      error,
    );
  }

  /** Nothing more is asked on a connection. */
  #leave(connection: SqlConnection): void {
    connection.end();
    this.#lost(connection);
  }

  #lost(connection: SqlConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#options.moved?.(false);
  }

  /** A connection. It is not waited for longer than until `end`, nor when the line is closed meanwhile. */
  async #connected(end: number): Promise<SqlConnection> {
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#connection !== undefined) return this.#connection;
    this.#connecting ??= this.#connect();
    const connecting = this.#connecting;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waits.delete(stop);
        clearTimeout(timer);
        reject(this.#closed ?? new ConnectionLost(new Error('it does not answer')));
      };
      const timer = end === Number.POSITIVE_INFINITY ? undefined : setTimeout(stop, Math.max(0, end - now()));
      this.#waits.add(stop);
      connecting.then(resolve, reject).finally(() => {
        this.#waits.delete(stop);
        clearTimeout(timer);
      });
    });
  }

  async #connect(): Promise<SqlConnection> {
    try {
      const connection = await this.#options.dial();
      if (this.#closed !== undefined) {
        connection.end();
        throw this.#closed;
      }
      this.#connection = connection;
      this.#pause = 0;
      this.#options.moved?.(true);
      connection.onLost(() => this.#lost(connection));
      return connection;
    } finally {
      this.#connecting = undefined;
    }
  }

  /** The pause before the next attempt is random: those who have lost a server do not all come back at once. */
  #wait(longest: number): Promise<void> {
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause || FIRST_PAUSE);
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waits.delete(end);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(end, Math.min(longest, this.#pause * (0.5 + Math.random() / 2)));
      this.#waits.add(end);
    });
  }
}
