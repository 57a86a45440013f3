import type { Statement } from '../sql/statement.ts';

/*
 * What the engine needs of a client of PostgreSQL: five functions. Only pg-client.ts knows the package `pg`.
 */

/** The columns of a row, in order: numbers for integers of any size, Buffers for bytes, texts, arrays of these, null. */
export type SqlRow = readonly unknown[];

export interface SqlConnection {
  /** Rejected with the server's error, which has its five letters as `code`; or, when the connection is lost, with any other error. */
  query(statement: Statement, values: readonly unknown[]): Promise<readonly SqlRow[]>;
  /** Runs statements that give nothing, each in a transaction of its own unless they begin one. */
  run(text: string): Promise<void>;
  /** Calls `fn` with the payload of each notification of the server, from now on. */
  listen(channel: string, fn: (payload: string) => void): Promise<void>;
  /** Calls `fn` once, when the connection is lost. */
  onLost(fn: (error: Error) => void): void;
  /** Ends the connection at once. What was not answered is rejected. */
  end(): void;
}

export interface SqlAddress {
  /** 'postgres://user@host/database?…', as `pg` takes it. */
  readonly url: string;
  /** The address as errors name it: without a password. */
  readonly text: string;
  readonly tls: object | undefined;
}
