import type { ConnectionOptions as TlsConnectOptions } from 'node:tls';

/** The options of `connect()` that need what a browser has not: folders, certificates of one's own. */
export interface HostOptions {
  /** For 'tls:' and 'wss:': what tls.connect() takes, as `ca`, and `cert` and `key` of a client. */
  readonly tls?: TlsConnectOptions;
  /**
   * A folder for a cache, which all programs of this host that connect to the same store can share. What was read once, and was not changed since, is read there,
   * also after a restart. Without it, nothing is cached.
   *
   * Or the address of a cache that programs of many hosts share: `'memcached://host:11211'`, `'redis://host:6379'`, `'rediss://host:6379'` with TLS, `'memcached+unix:/path'`, `'redis+unix:/path'`. docs/cache.md says which one
   * when. If it fails, is slow or forgets, reads ask the store itself.
   */
  readonly cache?: string;
  /** About how many bytes of its folder a cache may take; not for one on a server. Default 256 MiB. What was not read for long leaves it. */
  readonly cacheSize?: number;
  /**
   * Whether to wait until a server answers: the default. With false, and a `cache` in a folder that has seen the store, `connect()` is fulfilled at once, and the program begins with what the
   * cache has, as of the last commit that this was told, while no server answers; all else waits as after a lost connection. docs/server.md, "Begin without a server". Not for PostgreSQL.
   */
  readonly wait?: boolean;
  /**
   * A file that gets a record of each request, for `leasehold cache simulate`: hashes of keys, sizes, commits and times. `%p` in its name becomes the number of the
   * process; a file that is there is continued. Not for 'file:'.
   */
  readonly trace?: string;
  /** For PostgreSQL: standbys from which to read, 'postgres://standby/shop'. One that is behind is not read from. */
  readonly replicas?: readonly string[];
  /**
   * For PostgreSQL. 'inside', the default: a commit is on the disk before anybody sees it. 'shared': commits of many clients share one wait for the disk, so that there can be twice as many;
   * others may see a commit that a power failure takes back a moment later, and are told then that the store has another history.
   */
  readonly flush?: 'inside' | 'shared';
  /** For PostgreSQL: for how many seconds states that were overwritten can be read, if no snapshot holds them. Default 60. */
  readonly keepHistory?: number;
  /** For PostgreSQL: for how many seconds commits stay in the log of changes. Default 86,400: the cache of who was away for longer begins anew. */
  readonly keepChanges?: number;
}

/** All of them, checked; undefined if not given. */
export type ReadHostOptions = { readonly [Name in keyof Required<HostOptions>]: HostOptions[Name] | undefined };
