import { CacheFile } from '../../cache/cache-file.ts';
import { openFolder } from '../../cache/cache-folder.ts';
import { CachedEngine } from '../../cache/cached-engine.ts';
import { reached } from '../reached.ts';
import { RemoteEngine, type RemoteOptions } from './remote-engine.ts';

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
  const file = new CacheFile(openFolder(path), size);
  let cached: CachedEngine | undefined;
  let newest = 0;
  try {
    const remote = await RemoteEngine.connect({
      ...options,
      seen: file.seen(),
      welcomed: (engine, { storeId, tid, nonce, rights = '', reset }) => {
        cached = new CachedEngine(engine, file, { storeId, tid, nonce, rights, reset });
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
