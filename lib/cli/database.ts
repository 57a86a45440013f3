import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withoutPassword } from '../base/address-text.ts';
import { LeaseholdError } from '../base/errors.ts';
import { EXPIRY_PREFIX, OWN_COLLECTIONS } from '../catalog/own-collections.ts';
import { type Collection, openCollectionOf } from '../environment/collection.ts';
import type { Environment } from '../environment/environment.ts';
import { foreignFile } from '../environment/foreign-file.ts';
import { open } from '../environment/open.ts';
import type { KeyCodec } from '../key/codec.ts';
import { isPostgresAddress } from '../postgres/connection/postgres-address.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { ValueCodec } from '../value/codec.ts';
import { storedBytes } from '../value/stored-bytes.ts';
import type { StructDescription } from '../value/struct/field-description.ts';
import { structOf } from '../value/struct/struct.ts';
import { Failure, USAGE } from './failure.ts';
import { usesLocks } from './locks.ts';
import { isAddress } from './remote/address-options.ts';

export type AnyCollection = Collection<unknown, unknown, unknown, unknown>;

/** A collection, with what the command needs to print it. */
export interface Opened {
  readonly collection: AnyCollection;
  /** Empty for the unnamed database. */
  readonly name: string;
  readonly key: KeyCodec<never, unknown>;
  readonly value: ValueCodec<never, unknown>;
  /** Whether a key can have several values. */
  readonly dupSort: boolean;
  /** Whether each value has the number of the commit that wrote it. */
  readonly versions: boolean;
  /** Whether keys can be empty, or longer than LMDB's. */
  readonly anyKeys: boolean;
  /** Whether values can have a time from which on they are absent. */
  readonly expires: boolean;
  /** The fields of a struct. */
  readonly fields: readonly string[] | undefined;
  readonly schema: StructDescription | undefined;
  /** Why values are printed as stored bytes, if the command does not have their codec. */
  readonly unread: string | undefined;
}

/** The most names that an error lists. */
const MOST_SHOWN = 20;

/** The command opens databases of any number of collections: a high number costs nothing. */
export const MOST_COLLECTIONS: number = 2 ** 20;

/** Throws a `Failure` for an address, where a command takes a folder only. */
export function checkFolder(path: string): void {
  if (!isAddress(path)) return;
  const shown = withoutPassword(path);
  throw new Failure(
    USAGE,
    isPostgresAddress(path)
      ? `'${shown}' is in PostgreSQL: this command takes a folder only. For a store in PostgreSQL there are leasehold store check and leasehold store copy`
      : `'${shown}' is the address of a server: this command takes a folder only, where the server runs`,
  );
}

/** Throws `ENOENT` if there is no database in a folder, `ENOTDIR` if it is a file of another kind. */
export function checkExists(path: string): void {
  if (existsSync(join(path, 'data.mdb'))) return;
  const foreign = foreignFile(path);
  if (foreign !== undefined) throw new LeaseholdError('ENOTDIR', foreign, { path });
  throw new LeaseholdError('ENOENT', `there is no database in '${path}': give the directory that holds data.mdb`, {
    path,
  });
}

/** Calls `fn` with a database that exists, and closes it. `ENOENT` for one that does not. */
export async function withDatabase<T>(
  path: string,
  access: 'read' | 'write',
  fn: (env: Environment) => T | Promise<T>,
): Promise<T> {
  checkFolder(path);
  checkExists(path);
  const env = open(path, { readOnly: access === 'read', lock: usesLocks(), maxCollections: MOST_COLLECTIONS });
  try {
    return await fn(env);
  } finally {
    env.close();
  }
}

/** The collection of that name, with the codecs that the database remembers. `ERR_NO_COLLECTION`, `ERR_CODEC`. */
export function openCollection(env: Environment, name: string): Opened {
  const id = name === '' ? null : name;
  let unread: string | undefined;
  let collection: AnyCollection;
  try {
    collection = env.collection(id, { create: false }) as unknown as AnyCollection;
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error;
    if (error.code === 'ERR_NO_COLLECTION') throw noCollection(env, name);
    if (error.code !== 'ERR_CODEC') throw error;
    unread =
      `the values of '${name}' were written with a codec that this command does not have: read and write them with the ` +
      'program that has it';
    collection = env.collection(id, { value: storedBytes, create: false }) as unknown as AnyCollection;
  }
  const { key, value, dupSort, versions, anyKeys, expiry } = openCollectionOf(collection) as OpenCollection;
  const expires = expiry !== undefined;
  const schema = structOf(value);
  const fields = schema?.struct.map(([field]) => field);
  return { collection, name, key, value, dupSort, versions, anyKeys, expires, fields, schema, unread };
}

/** The error for a name that no collection has. It names those that there are. */
function noCollection(env: Environment, name: string): LeaseholdError {
  const names = env.collections();
  const shown = names.slice(0, MOST_SHOWN).map((known) => `'${known}'`);
  if (shown.length < names.length) shown.push(`${names.length - shown.length} more`);
  const there = names.length === 0 ? 'it has no named collections' : `it has ${shown.join(', ')}`;
  return new LeaseholdError('ERR_NO_COLLECTION', `there is no collection '${name}' in '${env.path}': ${there}`, {
    path: env.path,
  });
}

/** The same, or why the collection cannot be read: another program may have made it with an order of keys that no codec has. */
export function tryCollection(env: Environment, name: string): Opened | { unreadable: string } {
  try {
    return openCollection(env, name);
  } catch (error) {
    if (error instanceof LeaseholdError && error.code === 'ERR_CODEC') return { unreadable: error.message };
    throw error;
  }
}

/** The names of all collections. The unnamed database (an empty name) comes first, if it has entries that are not collections. */
export function collectionNames(env: Environment): string[] {
  const names = env.collections();
  return env.main.count() > names.length + ownCollections(env) ? ['', ...names] : names;
}

/** How many collections of leasehold's own there are. */
export function ownCollections(env: Environment): number {
  const indexes = env.main.count({ prefix: Buffer.from(EXPIRY_PREFIX) });
  return indexes + OWN_COLLECTIONS.filter((name) => env.main.has(Buffer.from(name))).length;
}

/** The name of a collection in messages and tables. */
export function displayName(name: string): string {
  return name === '' ? '(unnamed)' : name;
}
