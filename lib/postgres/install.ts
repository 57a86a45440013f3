import { randomUUID } from 'node:crypto';
import { LeaseholdError } from '../base/errors.ts';
import type { SqlAddress, SqlConnection } from './connection/sql-client.ts';
import { errorOf } from './errors.ts';
import { quoted, SCHEMA_VERSION, schemaOf } from './sql/schema.ts';

/** How long to wait for who else makes the schema. */
const LOCK_TIMEOUT = '10s';
/** The codes of what somebody else has made at the same moment. */
const MADE_MEANWHILE = ['42P06', '42P07', '42723', '23505'];

/**
 * Makes the schema of a store, with its tables and functions, in one transaction. Gives whether it did: false if there is a store already. `ERR_STORE_VERSION` if that is of another version;
 * `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_NOT_INSTALLED`, `ERR_DATABASE`.
 */
export async function install(
  address: SqlAddress,
  schema: string,
  connect: (address: SqlAddress) => Promise<SqlConnection>,
): Promise<boolean> {
  try {
    const connection = await connect(address);
    try {
      for (let tries = 1; ; tries++) {
        if (await isInstalled(connection, schema, address.text)) return false;
        try {
          await make(connection, schema);
          return true;
        } catch (error) {
          await connection.run('rollback');
          if (tries > 1 || !MADE_MEANWHILE.includes((error as { code: string }).code)) throw error;
        }
      }
    } finally {
      connection.end();
    }
  } catch (cause) {
    const error = errorOf(cause, address.text);
    if (error instanceof LeaseholdError) throw error;
    throw new LeaseholdError('ERR_DISCONNECTED', `${address.text} does not answer: ${error.message}`, { cause: error });
  }
}

async function isInstalled(connection: SqlConnection, schema: string, place: string): Promise<boolean> {
  const name = `${quoted(schema)}.head`;
  const [row] = await connection.query({ name: 'leasehold installed', text: 'select to_regclass($1) is not null' }, [
    name,
  ]);
  if (row?.[0] !== true) return false;
  const [head] = await connection.query({ name: 'leasehold version', text: `select version from ${name}` }, []);
  if (head?.[0] === SCHEMA_VERSION) return true;
  throw new LeaseholdError(
    'ERR_STORE_VERSION',
    `the store in ${place} has version ${String(head?.[0])} of the schema, and this leasehold makes version ${SCHEMA_VERSION}`,
  );
}

async function make(connection: SqlConnection, schema: string): Promise<void> {
  const name = quoted(schema);
  const statements = [
    'begin',
    `set local lock_timeout = '${LOCK_TIMEOUT}'`,
    `create schema if not exists ${name}`,
    ...schemaOf(name),
    `insert into ${name}.head (store, version) values ('${randomUUID()}', ${SCHEMA_VERSION})`,
    'commit',
  ];
  for (const statement of statements) await connection.run(statement);
}
