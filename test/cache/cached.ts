import { join } from 'node:path';
import type { CachedEngine } from '../../lib/cache/cached-engine.ts';
import { connectCached } from '../../lib/client/remote/connect-cached.ts';
import { dial } from '../../lib/client/remote/dial.ts';
import { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { bytes, type Environment, type OpenOptions, open } from '../../lib/index.ts';
import { type ServeOptions, serve } from '../../lib/server/serve.ts';
import type { Server } from '../../lib/server/server.ts';
import { parseAddress } from '../../lib/wire/address.ts';
import { temporaryFolder } from '../support/fixture.ts';
import type { EngineStore } from '../versions/engine/calls.ts';

/** An engine on the server at an address, with a cache. */
export async function connectCachedEngine(
  address: string,
  cache: string,
  token?: string,
  size: number = 2 ** 26,
): Promise<{ remote: RemoteEngine; cached: CachedEngine }> {
  const parsed = parseAddress(address);
  const { engine, cached } = await connectCached({ path: cache, size }, (behind) =>
    RemoteEngine.connect({
      dial: () => dial(parsed, { tls: undefined, timeout: 5000 }),
      token,
      timeout: 10_000,
      mostValue: 2 ** 31 - 1,
      onState: () => {},
      ...behind,
    }),
  );
  return { remote: engine, cached };
}

export interface CachedStore extends EngineStore {
  readonly env: Environment;
  /** The engine behind the cache that was opened last. */
  readonly remote: RemoteEngine;
  /** The folder of the cache that all engines share. */
  readonly cache: string;
  /** Opens an engine with a cache in a folder of its own, or in the one given. */
  openAt(cache: string, token?: string, size?: number): Promise<CachedEngine>;
  /** Where the server listens. */
  address(): Promise<string>;
  /** Stops the server. */
  stop(): Promise<void>;
}

/** A store on a server of this process, whose engines have caches: one together, or each its own. */
export function cachedStore(
  caches: 'one' | 'each',
  options: Partial<ServeOptions> = {},
  more: OpenOptions = {},
): CachedStore {
  const path = temporaryFolder();
  const env = open(path, { durability: 'nosync', ...more });
  let server: Promise<Server> | undefined;
  const engines: CachedEngine[] = [];
  const remotes: RemoteEngine[] = [];
  const cache = join(path, 'cache');
  const openAt = async (own: string, token?: string, size?: number): Promise<CachedEngine> => {
    server ??= serve(env, { listen: `unix:${join(path, 'socket')}`, ...options });
    const { remote, cached } = await connectCachedEngine((await server).addresses[0] as string, own, token, size);
    engines.push(cached);
    remotes.push(remote);
    return cached;
  };
  return {
    path,
    cache,
    makeCollection: async (name) => void env.collection(name, { key: bytes, value: bytes, versions: true }),
    clearCollection: async (name) => void env.collection(name).clear(),
    putApart: async (keys, value) => {
      for (const key of keys) env.collection('items').put(Buffer.from(key) as never, Buffer.from(value) as never);
    },
    env,
    get remote() {
      return remotes.at(-1) as RemoteEngine;
    },
    openAt,
    open: () => openAt(caches === 'one' ? cache : join(path, `cache ${engines.length}`)),
    address: async () => (await server)?.addresses[0] as string,
    stop: async () => {
      await (await server)?.close();
      server = undefined;
    },
    close: async () => {
      for (const engine of engines) await engine.close();
      await (await server)?.close();
      env.close();
    },
  };
}
