import { CachedEngine } from '../../cache/cached-engine.ts';
import { CheckpointedEngine } from '../../cache/checkpoints/checkpointed-engine.ts';
import type { SeenStore } from '../../cache/history/seen-store.ts';
import { openCache } from '../../cache/open-cache.ts';
import type { SharedStore } from '../../cache/stores/shared-store.ts';
import type { Engine, Tid } from '../../versions/engine/engine.ts';
import { reached } from '../../versions/engine/reached.ts';

export interface CacheOptions {
  /** Its folder. */
  readonly path: string;
  /** About how many bytes it may take. */
  readonly size: number;
}

/** What an engine says when it has found its store. */
export interface StoreFound {
  readonly storeId: string;
  /** The newest commit, and its nonce. */
  readonly tid: Tid;
  readonly nonce: string;
  /** Tells clients apart that may see different things. */
  readonly rights?: string;
  /** Why the commits after the one that was seen cannot be told. */
  readonly reset?: 'too-old' | 'other-history' | undefined;
}

/** What an engine gets that stands behind a cache. */
export interface BehindCache {
  /** The commit up to which the cache was told everything before: the commits after it are to be told first. */
  readonly seen: SeenStore | undefined;
  /** To be called once, before a commit is told. */
  readonly welcomed: (engine: Engine, found: StoreFound) => void;
}

/** An engine, and the cache in front of it. */
export interface Connected<E extends Engine> {
  readonly engine: E;
  readonly cached: CachedEngine | CheckpointedEngine | undefined;
}

/** Connects to a store by `connect`, with no cache. */
export async function connectAlone<E extends Engine>(
  connect: (behind: Partial<BehindCache>) => Promise<E>,
): Promise<Connected<E>> {
  // As below.
  const found = { __proto__: null as never, engine: await connect({}), cached: undefined };
  return found;
}

/**
 * Connects to a store by `connect`, with a cache in a folder of this host. Fulfilled when the commits that the cache has missed have been told. `ENOTDIR`, `EACCES`, and what
 * `connect` is rejected with.
 */
export async function connectCached<E extends Engine>(
  { path, size }: CacheOptions,
  connect: (behind: BehindCache) => Promise<E>,
): Promise<{ readonly engine: E; readonly cached: CachedEngine }> {
  let cached: CachedEngine | undefined;
  let newest = 0;
  const file = openCache(path, size);
  try {
    const seen = file.seen();
    const engine = await connect({
      seen,
      welcomed: (inner, { storeId, tid, nonce, rights = '', reset }) => {
        const begun = reset === undefined && seen !== undefined ? seen : { tid, nonce };
        cached = new CachedEngine(inner, file, { ...begun, storeId, rights, reset });
        newest = tid;
      },
    });
    await reached(cached as unknown as CachedEngine, newest);
    // Without a prototype, on which a program could have put a getter `then`.
    const found = { __proto__: null as never, engine, cached: cached as unknown as CachedEngine };
    return found;
  } catch (error) {
    if (cached === undefined) file.close();
    else await (cached as CachedEngine).close();
    throw error;
  }
}

/** The same, with a cache that processes of other hosts may share. The cache belongs to the engine from now on. What `connect` is rejected with. */
export async function connectCheckpointed<E extends Engine>(
  store: SharedStore,
  connect: (behind: BehindCache) => Promise<E>,
): Promise<{ readonly engine: E; readonly cached: CheckpointedEngine }> {
  let cached: CheckpointedEngine | undefined;
  try {
    const engine = await connect({
      seen: undefined,
      welcomed: (inner, { rights, tid, nonce }) => {
        const start = tid === inner.processed() ? { tid, nonce } : undefined;
        cached = new CheckpointedEngine(inner, store, { rights, start });
      },
    });
    const found = { __proto__: null as never, engine, cached: cached as unknown as CheckpointedEngine };
    return found;
  } catch (error) {
    await (cached ?? store).close();
    throw error;
  }
}
