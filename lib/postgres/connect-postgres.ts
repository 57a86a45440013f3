import { withoutPassword } from '../base/address-text.ts';
import { invalidValue } from '../base/errors.ts';
import { checkStore, type StoreCheck } from './check-store.ts';
import { connectPg } from './connection/pg-client.ts';
import { isPostgresAddress, type PostgresAddress, parsePostgresAddress } from './connection/postgres-address.ts';
import { install } from './install.ts';
import { PostgresEngine } from './postgres-engine.ts';
import type { PostgresOptions } from './postgres-options.ts';

/** The options of `connect()` that only PostgreSQL has: see HostOptions. */
export interface PostgresStoreOptions {
  readonly replicas?: readonly string[];
  readonly flush?: 'inside' | 'shared';
  readonly keepHistory?: number;
  readonly keepChanges?: number;
}

const HISTORY = 60;
const CHANGES = 86_400;

/** Connects to a store in PostgreSQL. See `PostgresEngine.connect`. */
export function connectPostgres(
  addresses: readonly string[],
  { replicas = [], flush = 'inside', keepHistory = HISTORY, keepChanges = CHANGES }: PostgresStoreOptions,
  options: Pick<PostgresOptions, 'timeout' | 'onState' | 'seen' | 'welcomed'> & { readonly tls: object | undefined },
): Promise<PostgresEngine> {
  const parsed = addresses.map((address) => parsePostgresAddress(address, options.tls));
  const { schema } = parsed[0] as PostgresAddress;
  const other = parsed.find((address) => address.schema !== schema);
  if (other !== undefined) throw invalidValue(`the addresses name two schemas, '${schema}' and '${other.schema}'`);
  return PostgresEngine.connect({
    ...options,
    addresses: parsed,
    replicas: replicas.map((address) => parsePostgresAddress(address, options.tls)),
    schema,
    connect: connectPg,
    flush,
    keptFor: { history: keepHistory, log: Math.max(keepHistory, keepChanges) },
  });
}

/** Makes the schema of a store. See `install`. */
export function installPostgres(address: string, tls: object | undefined): Promise<boolean> {
  if (!isPostgresAddress(address)) {
    throw invalidValue(
      `'${withoutPassword(address)}' is no address of PostgreSQL: stores elsewhere need not be installed`,
    );
  }
  const parsed = parsePostgresAddress(address, tls);
  return install(parsed, parsed.schema, connectPg);
}

/** Looks for mistakes in a store. See `checkStore`. */
export function checkPostgres(address: string): Promise<StoreCheck> {
  const parsed = parsePostgresAddress(address, undefined);
  return checkStore(parsed, parsed.schema, connectPg);
}
