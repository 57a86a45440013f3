import { invalidType, invalidValue } from '../../base/errors.ts';
import type { SqlAddress } from './sql-client.ts';

const DEFAULT_SCHEMA = 'leasehold';
/** PostgreSQL cuts longer names. */
const MOST_NAME_BYTES = 63;

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
  return { url: url.href, text: withoutPassword(text), tls, schema };
}

function withoutPassword(text: string): string {
  return text.replace(/^([a-z]+:\/\/[^/?#@:]*):[^/?#]*@/, '$1:…@').replace(/([?&]password=)[^&]*/, '$1…');
}
