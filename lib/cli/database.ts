import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LeaseholdError } from '../base/errors.ts';
import { CATALOG } from '../catalog/catalog.ts';
import { type Collection, openCollectionOf } from '../environment/collection.ts';
import type { Environment } from '../environment/environment.ts';
import { foreignFile } from '../environment/foreign-file.ts';
import { open } from '../environment/open.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { storedBytes } from '../value/stored-bytes.ts';
import type { StructDescription } from '../value/struct/field-description.ts';
import { usesLocks } from './locks.ts';

export type AnyCollection = Collection<unknown, unknown, unknown, unknown>;

/** A collection, and what the command must know to show it. */
export interface Opened {
  readonly collection: AnyCollection;
  /** Empty for the unnamed database. */
  readonly name: string;
  readonly keyCodec: string;
  readonly valueCodec: string;
  /** Whether a key can have several values. */
  readonly dupSort: boolean;
  /** The fields of a struct. */
  readonly fields: readonly string[] | undefined;
  readonly schema: StructDescription | undefined;
  /** Why values are shown as they are stored, if the database does not say how to read them. */
  readonly unread: string | undefined;
}

/** As many as there can be: a high number costs nothing. */
export const MOST_COLLECTIONS: number = 2 ** 20;

/** Calls `fn` with a database that exists, and closes it. `ENOENT` for one that does not. */
export async function withDatabase<T>(
  path: string,
  access: 'read' | 'write',
  fn: (env: Environment) => T | Promise<T>,
): Promise<T> {
  if (!existsSync(join(path, 'data.mdb'))) {
    const foreign = foreignFile(path);
    if (foreign !== undefined) throw new LeaseholdError('ENOTDIR', foreign, { path });
    throw new LeaseholdError('ENOENT', `there is no database in '${path}': name the directory that holds data.mdb`, {
      path,
    });
  }
  const env = open(path, { readOnly: access === 'read', lock: usesLocks(), maxCollections: MOST_COLLECTIONS });
  try {
    return await fn(env);
  } finally {
    env.close();
  }
}

/** The collection of that name, by the codecs that the database remembers. `ERR_NO_COLLECTION`, `ERR_CODEC`. */
export function openCollection(env: Environment, name: string): Opened {
  const id = name === '' ? null : name;
  let unread: string | undefined;
  let collection: AnyCollection;
  try {
    collection = env.collection(id, { create: false }) as unknown as AnyCollection;
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC') throw error;
    unread = error.message;
    collection = env.collection(id, { value: storedBytes, create: false }) as unknown as AnyCollection;
  }
  const { key, value, dupSort } = openCollectionOf(collection) as OpenCollection;
  const schema = value.name === 'struct' ? (value.description as StructDescription) : undefined;
  const fields = schema?.struct.map(([field]) => field);
  return { collection, name, keyCodec: key.name, valueCodec: value.name, dupSort, fields, schema, unread };
}

/** The same, or why it cannot be read: a database of another origin may order keys in a way that no codec has. */
export function tryCollection(env: Environment, name: string): Opened | { unreadable: string } {
  try {
    return openCollection(env, name);
  } catch (error) {
    if (error instanceof LeaseholdError && error.code === 'ERR_CODEC') return { unreadable: error.message };
    throw error;
  }
}

/** All collections, the unnamed database (an empty name) first if it holds anything else than them. */
export function collectionNames(env: Environment): string[] {
  const names = env.collections();
  const reserved = env.main.has(Buffer.from(CATALOG)) ? 1 : 0;
  return env.main.count() > names.length + reserved ? ['', ...names] : names;
}

/** How messages and tables name a collection. */
export function titleOf(name: string): string {
  return name === '' ? '(unnamed)' : name;
}
