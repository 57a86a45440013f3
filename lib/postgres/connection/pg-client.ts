import type { ClientConfig, Client as PgClient } from 'pg';
import { afterMicrotasks } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { type AnyFunction, notThenable, uncurryThis } from '../../base/primordials.ts';
import type { Statement } from '../sql/statement.ts';
import type { SqlAddress, SqlConnection, SqlRow } from './sql-client.ts';

const CONNECT_TIMEOUT = 10_000;

/** The numbers of types of PostgreSQL. */
const BYTEA = 17;
const INT8 = 20;
const BYTEA_ARRAY = 1001;
const INT4_ARRAY = 1007;
const INT8_ARRAY = 1016;

/** How long the server works on one statement at most, in ms. */
const STATEMENT_TIMEOUT = 60_000;
/** A server that has said nothing for so long after that is not there any more. */
const QUERY_TIMEOUT = STATEMENT_TIMEOUT + 5000;

/** Each statement is a transaction that sees what was committed before it began, whatever the database prefers. */
const SETTINGS = `set default_transaction_isolation = 'read committed'; set default_transaction_read_only = off;
  set bytea_output = 'hex'; set lock_timeout = 0`;

type HexWrite = (bytes: Uint8Array, text: string) => number;
const hexWrite: HexWrite = uncurryThis((Buffer.prototype as unknown as { hexWrite: AnyFunction }).hexWrite);

/** Connects to a server by the package `pg`. `ERR_NOT_INSTALLED`; what the server or the system says. */
export async function connectPg({ url, tls }: SqlAddress): Promise<SqlConnection> {
  const { Client, types } = await loadPg();
  const config: ClientConfig & { pipeline: boolean } = {
    connectionString: url,
    ...(tls !== undefined && { ssl: tls }),
    application_name: 'leasehold',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: QUERY_TIMEOUT,
    // Statements are sent without waiting for the answers to those before them.
    pipeline: true,
    types: {
      getTypeParser: (oid: number) => OWN_PARSERS[oid] ?? types.getTypeParser(oid, 'text'),
    } as never,
  };
  const client = new Client(config);
  const connection = new PgConnection(client);
  try {
    await client.connect();
    await client.query(SETTINGS);
  } catch (error) {
    connection.end();
    throw error;
  }
  return connection;
}

async function loadPg(): Promise<typeof import('pg').default> {
  try {
    const { default: pg } = await import('pg');
    return pg;
  } catch (cause) {
    throw new LeaseholdError(
      'ERR_NOT_INSTALLED',
      "a store on PostgreSQL needs the package 'pg', which is not installed: npm install pg",
      { cause },
    );
  }
}

/** Each value gets memory of its own, which nothing else is in. */
function bytesOf(text: string): Uint8Array {
  if (!text.startsWith('\\x')) throw unexpected('bytes that are not in hexadecimal digits: bytea_output must be hex');
  const bytes = new Uint8Array((text.length - 2) / 2);
  hexWrite(bytes, text.slice(2));
  return bytes;
}

/** The text of an array of bytes has nothing in it that must be unescaped: '{"\\\\x00","\\\\x01"}', or NULL. */
function bytesArrayOf(text: string): (Uint8Array | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : bytesOf(item.slice(2, -1))));
}

function integerOf(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw unexpected(`the number ${text}, which is too large`);
  return number;
}

function integersOf(text: string): number[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(integerOf);
}

function unexpected(what: string): LeaseholdError {
  return new LeaseholdError('ERR_DATABASE', `the server has sent ${what}`);
}

const OWN_PARSERS: { readonly [oid: number]: (text: string) => unknown } = {
  [BYTEA]: bytesOf,
  [BYTEA_ARRAY]: bytesArrayOf,
  [INT8]: integerOf,
  [INT4_ARRAY]: integersOf,
  [INT8_ARRAY]: integersOf,
};

class PgConnection implements SqlConnection {
  readonly #client: PgClient;
  #lost: Error | undefined;
  #isEnded = false;
  #onLost: ((error: Error) => void) | undefined;

  constructor(client: PgClient) {
    this.#client = client;
    const lose = (error: Error): void => {
      if (this.#lost !== undefined) return;
      this.#lost = error;
      this.#onLost?.(error);
    };
    client.on('error', lose);
    client.on('end', () => lose(new Error('the server has closed the connection')));
  }

  get #stream(): { cork(): void; uncork(): void; destroy(): void } {
    return (this.#client as unknown as { connection: { stream: { cork(): void; uncork(): void; destroy(): void } } })
      .connection.stream;
  }

  async query({ name, text }: Statement, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    // What is asked in one go is sent with one call of the system.
    const stream = this.#stream;
    stream.cork();
    afterMicrotasks(() => stream.uncork());
    const { rows } = await this.#client.query({ name, text, values: values as unknown[], rowMode: 'array' });
    return rows;
  }

  async run(text: string): Promise<void> {
    await this.#client.query(text);
  }

  async listen(channel: string, fn: (payload: string) => void): Promise<void> {
    this.#client.on('notification', (message) => {
      if (message.channel === channel) fn(message.payload ?? '');
    });
    await this.#client.query(`listen "${channel.replaceAll('"', '""')}"`);
  }

  onLost(fn: (error: Error) => void): void {
    this.#onLost = fn;
    if (this.#lost !== undefined) fn(this.#lost);
  }

  end(): void {
    // Each statement that was under way says that the connection is of no use.
    if (this.#isEnded) return;
    this.#isEnded = true;
    // `client.end()` waits for what is under way.
    this.#stream.destroy();
    this.#client.end().catch(() => {});
  }
}

notThenable(PgConnection);
