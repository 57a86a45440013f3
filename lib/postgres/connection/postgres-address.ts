import { withoutPassword } from '../../base/address-text.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import type { SqlAddress } from './sql-client.ts';

const DEFAULT_SCHEMA = 'leasehold';
/** PostgreSQL cuts longer names. */
const MOST_NAME_BYTES = 63;

/** What an address can have beside `schema`: what libpq and the package `pg` know, and providers put into the addresses that they give. */
const PARAMETERS = [
  ...['host', 'hostaddr', 'port', 'dbname', 'database', 'user', 'password', 'passfile', 'require_auth', 'service'],
  ...['channel_binding', 'connect_timeout', 'client_encoding', 'options', 'application_name', 'replication', 'binary'],
  ...['fallback_application_name', 'keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  ...['keepalive', 'keepaliveinitialdelaymillis', 'tcp_user_timeout', 'gssencmode', 'gsslib', 'gssdelegation'],
  ...['krbsrvname', 'ssl', 'sslmode', 'sslnegotiation', 'sslcompression', 'sslcert', 'sslkey', 'sslpassword'],
  ...['sslcertmode', 'sslrootcert', 'sslcrl', 'sslcrldir', 'sslsni', 'requiressl', 'requirepeer'],
  ...['ssl_min_protocol_version', 'ssl_max_protocol_version', 'min_protocol_version', 'max_protocol_version'],
  ...['target_session_attrs', 'load_balance_hosts', 'statement_timeout', 'lock_timeout', 'query_timeout'],
  ...['idle_in_transaction_session_timeout', 'uselibpqcompat', 'pgbouncer', 'pool_timeout', 'connection_limit'],
];

/** The address of a store in PostgreSQL. */
export interface PostgresAddress extends SqlAddress {
  /** The schema of the database in which the store is. */
  readonly schema: string;
}

export function isPostgresAddress(text: string): boolean {
  return /^postgres(?:ql)?:/.test(text);
}

/**
 * Reads an address: 'postgres://user:password@host:port/database', with `?host=/folder` for a socket, and with `schema=name` for a store in another schema than
 * 'leasehold'. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
 */
export function parsePostgresAddress(text: string, tls: object | undefined): PostgresAddress {
  if (typeof text !== 'string') throw invalidType('an address', 'a string', text);
  if (!isPostgresAddress(text))
    throw invalidValue(`'${withoutPassword(text)}' is no address of PostgreSQL: 'postgres://user@host/database'`);
  // Without a host, which the URL of a socket has not, URL does not take a user.
  const readable = text.replace(/^(postgres(?:ql)?:\/\/[^/?#@]*@)(?=[/?#]|$)/, '$1localhost');
  let url: URL;
  try {
    url = new URL(readable);
  } catch {
    throw invalidValue(`'${withoutPassword(text)}' is no address: 'postgres://user@host/database'`);
  }
  const schema = url.searchParams.get('schema') ?? DEFAULT_SCHEMA;
  if (schema === '' || Buffer.byteLength(schema) > MOST_NAME_BYTES || schema.includes('\0')) {
    throw invalidValue(
      `the address '${withoutPassword(text)}' names no schema: a name has 1 to ${MOST_NAME_BYTES} bytes`,
    );
  }
  url.searchParams.delete('schema');
  checkParameters(url, text);
  return { url: url.href, text: withoutPassword(text), tls, schema };
}

/** `ERR_INVALID_ARG_VALUE` for a parameter that neither libpq nor `pg` knows: a schema whose name is misspelt would be another store. */
function checkParameters({ searchParams }: URL, text: string): void {
  for (const name of searchParams.keys()) {
    if (PARAMETERS.includes(name.toLowerCase())) continue;
    throw invalidValue(
      `the address '${withoutPassword(text)}' has a parameter '${name}', which PostgreSQL does not know: 'schema' names the schema of a store, and others are those of libpq, as 'sslmode'`,
    );
  }
}
