import type { StoreCounters } from './backend.ts';

/** Those of a store with neither a cache nor prefetching. */
export const NO_COUNTERS: StoreCounters = Object.freeze({
  hits: 0,
  misses: 0,
  absentHits: 0,
  spanHits: 0,
  bytes: 0,
  evictions: 0,
  errors: 0,
  failure: undefined,
  prefetched: 0,
  prefetchUsed: 0,
  prefetchWasted: 0,
});
