import type { Backend } from '../../client/backend.ts';
import { type ConnectOptions, connect } from '../../client/connect.ts';
import { type Store, storeBackend } from '../../client/store.ts';
import { structOf } from '../../value/struct/struct.ts';
import type { Opened } from '../database.ts';
import { asUsageLater, Failure, USAGE } from '../failure.ts';
import type { AddressOptions } from './address-options.ts';
import { textOf } from './text-of.ts';

/** A store on a server, or in PostgreSQL, for one command. */
export interface Connected {
  readonly store: Store;
  readonly backend: Backend;
}

/** Calls `fn` with the store at an address, and closes it. */
export async function withStore<T>(
  address: string,
  options: AddressOptions,
  fn: (connected: Connected) => Promise<T>,
): Promise<T> {
  const store = await asUsageLater(() => connect(address, connectOptions(address, options)));
  try {
    return await fn({ store, backend: storeBackend(store) });
  } finally {
    await store.close();
  }
}

/** A collection on a server, with what the command needs to print it. `ERR_NO_COLLECTION`, `ERR_FORBIDDEN`. */
export async function openRemote(
  { backend }: Connected,
  name: string,
): Promise<Pick<Opened, 'name' | 'key' | 'value' | 'fields' | 'schema' | 'unread'>> {
  const { key, value } = await backend.codecs(name, { key: undefined, value: undefined, create: false });
  const schema = structOf(value as Opened['value']);
  const fields = schema?.struct.map(([field]) => field);
  return { name, key: key as Opened['key'], value: value as Opened['value'], fields, schema, unread: undefined };
}

/** Throws a `Failure` for options that only a folder has. */
export function onlyForFolders(given: object, names: readonly string[]): void {
  const name = names.find((each) => (given as Record<string, unknown>)[each] !== undefined);
  if (name !== undefined) throw new Failure(USAGE, `--${name} is for databases in a folder, not for those on a server`);
}

/** The options of `connect()` that a command line gives. A variable with a token is for servers only. */
export function connectOptions(address: string, { token, tlsCa, tlsCert, tlsKey }: AddressOptions): ConnectOptions {
  const known = token ?? (/^(?:postgres|file)/.test(address) ? undefined : process.env['LEASEHOLD_TOKEN']);
  const files = { ca: tlsCa, cert: tlsCert, key: tlsKey };
  const given = Object.entries(files).filter(([, path]) => path !== undefined);
  const tls = Object.fromEntries(given.map(([name, path]) => [name, textOf(path as string)]));
  return { ...(known !== undefined && { token: known }), ...(given.length > 0 && { tls }) };
}
