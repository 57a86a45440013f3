import type { Tid } from '../../versions/engine/engine.ts';

/** The commit up to which a store was seen. */
export interface SeenStore {
  readonly storeId: string;
  readonly tid: Tid;
  readonly nonce: string;
  /** See CacheMeta. */
  readonly rights: string;
}

/** What an engine says when it begins: the commits after this one are told. */
export interface CacheStart extends SeenStore {
  /** Why these are not the ones after the commit that the cache has seen. */
  readonly reset: 'too-old' | 'other-history' | undefined;
}
