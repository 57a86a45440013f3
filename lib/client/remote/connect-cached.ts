import { CachedEngine } from '../../cache/cached-engine.ts';
import { openCache } from '../../cache/open-cache.ts';
import { reached } from '../../versions/engine/reached.ts';
import { RemoteEngine } from './remote-engine.ts';
import type { RemoteOptions } from './remote-options.ts';

export interface CacheOptions {
  /** Its folder. */
  readonly path: string;
  /** About how many bytes it may take. */
  readonly size: number;
}

/**
 * Connects to a server, with a cache in a folder of this host. Fulfilled when the commits that the cache has missed have been told. `ENOTDIR`, `EACCES`, and what
 * `RemoteEngine.connect` is rejected with.
 */
export async function connectCached(
  { path, size }: CacheOptions,
  options: RemoteOptions,
): Promise<{ readonly remote: RemoteEngine; readonly cached: CachedEngine }> {
  let cached: CachedEngine | undefined;
  let newest = 0;
  const file = openCache(path, size);
  try {
    const seen = file.seen();
    const remote = await RemoteEngine.connect({
      ...options,
      seen,
      welcomed: (engine, { storeId, tid, nonce, rights = '', reset }) => {
        const begun = reset === undefined && seen !== undefined ? seen : { tid, nonce };
        cached = new CachedEngine(engine, file, { ...begun, storeId, rights, reset });
        newest = tid;
      },
    });
    await reached(cached as unknown as CachedEngine, newest);
    return { remote, cached: cached as unknown as CachedEngine };
  } catch (error) {
    if (cached === undefined) file.close();
    else await (cached as CachedEngine).close();
    throw error;
  }
}
