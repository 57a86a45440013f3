/** Pages and entries of a collection; `pageSize` is in bytes. */
export interface CollectionStat {
  pageSize: number;
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
}

/** The same for the unnamed database. */
export type EnvironmentStat = CollectionStat;

/** What `env.info()` returns. */
export interface EnvironmentInfo {
  /** Most bytes that the database may grow to. */
  mapSize: number;
  /** Bytes of data.mdb. */
  fileSize: number;
  /** The number of the last page in use. */
  lastPage: number;
  /** The id of the last committed transaction. */
  lastTransaction: number;
  /** How many reader slots there are. */
  maxReaders: number;
  /** The most reader slots that were taken at the same time so far. */
  readers: number;
}

/** A reader slot that is taken, by a read transaction of some process or for its next one. */
export interface Reader {
  /** The process that has it. */
  pid: number;
  /** The thread that has it, in hexadecimal as `mdb_stat -r` prints it. Only the process itself knows what it means. */
  thread: string;
  /** The version that is being read, whose pages cannot be used again; undefined if none is being read. */
  transaction: number | undefined;
}

/** What leases have cost so far. */
export interface EnvironmentCounters {
  /** Bytes and rows that drains and `keep()` moved to the heap. */
  bytesCopied: number;
  rowsMoved: number;
  leases: number;
  drains: number;
  /** Snapshots alive now. */
  snapshots: number;
  /** The values of collections with `share: true`. */
  shared: SharedCounters;
}

/** What the shared states of a handle have cost and saved. */
export interface SharedCounters {
  /** How many states are in the table now, and how many bytes they take; of the objects, an estimate. */
  states: number;
  bytes: number;
  /** How many reads found their state in the table, and how many decoded it. */
  hits: number;
  decodes: number;
  /** How many reads got a value of their own, since freezing does not protect it. */
  copies: number;
}
