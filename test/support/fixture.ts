import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import vm from 'node:vm';
import type { CollectionOptions, OpenOptions } from '../../lib/index.ts';
import { type Collection, type Environment, LeaseholdError, open } from '../../lib/index.ts';
import { environments, folders } from './left-behind.ts';

/** A new folder, which is deleted after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-'));
  folders.push(folder);
  return folder;
}

/** Opens an environment, which is closed after the tests of the file. Commits do not wait for the disk. */
export function openAt(path: string, options: OpenOptions = {}): Environment {
  const env = open(path, { durability: 'nosync', ...options });
  environments.push(env);
  return env;
}

export function openTemporary(options: OpenOptions = {}): Environment {
  return openAt(temporaryFolder(), options);
}

/** An environment with one collection in it. */
export function collectionOf<K, V, KView, VView>(
  codecs: CollectionOptions<K, V, KView, VView>,
  options: OpenOptions = {},
): { env: Environment; items: Collection<K, V, KView, VView> } {
  const env = openTemporary(options);
  return { env, items: env.collection('items', codecs) };
}

interface Coded {
  name: string;
  message: string;
  code: string;
  path?: string;
  cause?: unknown;
}

/** The Error that `fn` throws. If `fn` throws no Error, this throws. */
export function thrown(fn: () => unknown): Error & Coded {
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    if (error instanceof Error) return error as Error & Coded;
    throw new Error(`threw ${String(error)}, which is no Error`);
  }
  throw new Error(`did not throw, but gave ${String(result)}`);
}

/** The code of the Error that `fn` throws. */
export function codeOf(fn: () => unknown): string {
  return thrown(fn).code;
}

/** The Error with which a promise is rejected. If it is not rejected with an Error, this throws. */
export async function rejection(promise: Promise<unknown>): Promise<Error & Coded & { index?: number }> {
  const settled = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ('error' in settled && settled.error instanceof Error) return settled.error as Error & Coded;
  throw new Error(`was not rejected with an Error, but gave ${JSON.stringify(settled)}`);
}

const CODES = [
  'ERR_LEASE_EXPIRED ERR_LEASE_BUDGET ERR_TXN_ENDED ERR_ENV_CLOSED ERR_BUSY ERR_READ_ONLY ERR_ASYNC_CALLBACK',
  'ERR_NO_COLLECTION ERR_KEY_SIZE ERR_VALUE_SIZE ERR_KEY_ORDER ERR_CODEC ERR_CONFLICT ERR_JOIN_MEMORY ERR_NOT_LEASEHOLD_SOURCE',
  'ERR_NATIVE_LOAD ERR_INVALID_ARG_VALUE MDB_MAP_FULL MDB_READERS_FULL MDB_DBS_FULL MDB_CORRUPTED MDB_INVALID',
  'MDB_VERSION_MISMATCH MDB_PANIC MDB_MAP_RESIZED MDB_BAD_TXN MDB_TXN_FULL MDB_INCOMPATIBLE',
  'ERR_TOO_OLD ERR_SNAPSHOT_LOST ENOSPC EIO EACCES EROFS ENOENT ENOTDIR ENOMEM ENAMETOOLONG EISDIR ABORT_ERR',
]
  .join(' ')
  .split(' ');

/** Undefined for an error that the documentation promises. For any other, a text that says what is wrong with it. */
export function untyped(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { code } = error as Partial<Coded>;
  const known =
    (error instanceof LeaseholdError && CODES.includes(code as string)) ||
    (error instanceof TypeError && code === 'ERR_INVALID_ARG_TYPE') ||
    (error instanceof RangeError && code === 'ERR_OUT_OF_RANGE');
  return known ? undefined : `threw ${error.name} with code ${code}: ${error.message}`;
}

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Collects garbage, and lets finalizers run. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets the event loop run, with garbage collections, until `done` returns true. Fails after many turns. */
export async function until(done: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (done()) return;
    await collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`never happened: ${what}`);
}
