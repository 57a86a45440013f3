/** What a cache has counted since it was opened in this process. */
export interface CacheCounters {
  /** States that the cache had, absent keys included. */
  hits: number;
  /** States that were asked of the server. */
  misses: number;
  /** Hits of keys that are absent. */
  absentHits: number;
  /** Parts of ranges that the cache had. */
  spanHits: number;
  /** Bytes of the pages of the cache's file that have states in them, of all processes. */
  bytes: number;
  /** States that made room for others. */
  evictions: number;
  /** How often a cache on a server has failed: no answer in time, for example. Each time what was asked is a miss. */
  errors: number;
  /** Why the cache is not used any more, or, if it is on a server, not now; undefined: it is used. */
  failure: Error | undefined;
}
