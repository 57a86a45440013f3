import { checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { DEFAULT_CAPACITY } from '../cache/cache-file.ts';
import { openSharedStore, parseSharedAddress } from '../cache/stores/open-shared-store.ts';
import { TraceWriter } from '../cache/trace/trace-writer.ts';
import { TracedEngine } from '../cache/traced-engine.ts';
import { checkPath } from '../transaction/directory.ts';
import type { Engine } from '../versions/engine/engine.ts';
import { checkPems } from '../wire/check-pem.ts';
import type { Backend } from './backend.ts';
import type { HostOptions, ReadHostOptions } from './host-options.ts';
import { LocalBackend } from './local-backend.ts';
import { PostgresBackend } from './postgres-backend.ts';
import {
  type BehindCache,
  type Connected,
  connectAlone,
  connectCached,
  connectCheckpointed,
} from './remote/connect-cached.ts';
import { RemoteBackend } from './remote/remote-backend.ts';
import { RemoteEngine } from './remote/remote-engine.ts';
import type { RemoteOptions } from './remote/remote-options.ts';

/*
 * What a client needs of its host: folders, sockets, certificates. A browser has none of them: lib/browser/host.ts stands in the place of this file there.
 */

export { dial } from './remote/dial.ts';

/** With less, a cache is of no use. */
const LEAST_CACHE = 2 ** 20;
const MOST_SECONDS = 2 ** 31 - 1;

/** `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
export function readHostOptions(options: HostOptions): ReadHostOptions {
  const { tls, cache, cacheSize, wait, trace, replicas, flush, keepHistory, keepChanges } = options;
  checkPems(tls);
  if (cache !== undefined) checkPath(cache);
  const shared = cache === undefined ? undefined : parseSharedAddress(cache);
  if (shared !== undefined && shared.kind !== 'checkpoints' && cacheSize !== undefined) {
    throw invalidValue('cacheSize is for a cache in a folder: a server of a cache has a size of its own');
  }
  if (wait !== undefined && typeof wait !== 'boolean') throw invalidType('wait', 'a boolean', wait);
  if (wait === false && (cache === undefined || shared !== undefined)) {
    throw invalidValue('wait: false needs a cache in a folder, with which to begin: give the option cache');
  }
  if (trace !== undefined) checkPath(trace);
  checkSize(cacheSize, 'cacheSize', LEAST_CACHE, 2 ** 40);
  if (replicas !== undefined && !Array.isArray(replicas))
    throw invalidType('replicas', 'an array of addresses', replicas);
  if (flush !== undefined && flush !== 'inside' && flush !== 'shared')
    throw invalidValue("flush must be 'inside' or 'shared'");
  checkSize(keepHistory, 'keepHistory', 1, MOST_SECONDS);
  checkSize(keepChanges, 'keepChanges', 1, MOST_SECONDS);
  return { tls, cache, cacheSize, wait, trace, replicas, flush, keepHistory, keepChanges };
}

/** A store in a folder. */
export function openFolder(path: string): Backend {
  return new LocalBackend(path);
}

/** A store on a server, with its cache and its trace. */
export function connectBackend(host: ReadHostOptions, options: RemoteOptions): Promise<Backend> {
  return connectWith(
    host,
    (behind) => RemoteEngine.connect({ ...options, ...behind, wait: host.wait }),
    (remote, engine, cached) => new RemoteBackend(remote, engine, cached),
  );
}

/** A store in PostgreSQL, with its cache and its trace. */
export async function connectPostgresBackend(
  addresses: readonly string[],
  host: ReadHostOptions,
  options: Pick<RemoteOptions, 'timeout' | 'onState'>,
): Promise<Backend> {
  const { connectPostgres } = await import('../postgres/connect-postgres.ts');
  const { tls, replicas, flush, keepHistory, keepChanges } = host;
  const given = {
    ...(replicas && { replicas }),
    ...(flush && { flush }),
    ...(keepHistory && { keepHistory }),
    ...(keepChanges && { keepChanges }),
  };
  return connectWith(
    host,
    (behind) => connectPostgres(addresses, given, { ...options, ...behind, tls }),
    (postgres, engine, cached) => new PostgresBackend(postgres, engine, cached),
  );
}

/** Makes the schema of a store in PostgreSQL. Gives whether there was none. `ERR_INVALID_ARG_VALUE`. */
export async function installHere(address: string, tls: object | undefined): Promise<boolean> {
  const { installPostgres } = await import('../postgres/connect-postgres.ts');
  return installPostgres(address, tls);
}

/** Connects an engine, with what is in front of it. */
async function connectWith<E extends Engine>(
  { cache, cacheSize = DEFAULT_CAPACITY, trace: tracePath }: ReadHostOptions,
  connect: (behind: Partial<BehindCache>) => Promise<E>,
  make: (engine: E, front: Engine, cached: Connected<E>['cached']) => Backend,
): Promise<Backend> {
  const trace = tracePath === undefined ? undefined : await TraceWriter.open(tracePath);
  try {
    const { engine, cached } = await connectBehind(cache, cacheSize, connect);
    const front = cached ?? engine;
    return make(engine, trace === undefined ? front : new TracedEngine(front, trace), cached);
  } catch (error) {
    await trace?.close();
    throw error;
  }
}

/** Connects an engine, with a cache in front of it: one of this host, or one that other hosts share. */
async function connectBehind<E extends Engine>(
  cache: string | undefined,
  size: number,
  connect: (behind: Partial<BehindCache>) => Promise<E>,
): Promise<Connected<E>> {
  if (cache === undefined) return connectAlone(connect);
  const shared = parseSharedAddress(cache);
  if (shared === undefined) return connectCached({ path: cache, size }, connect);
  return connectCheckpointed(openSharedStore(shared, size), connect);
}
