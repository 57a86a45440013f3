/** Pages and entries of one database of the file; `pageSize` in bytes. */
export interface CollectionStat {
  pageSize: number;
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
}

/** The same of the unnamed database. */
export type EnvironmentStat = CollectionStat;

/** What `env.info()` tells. */
export interface EnvironmentInfo {
  /** Most bytes that the database may grow to. */
  mapSize: number;
  /** Bytes of data.mdb. */
  fileSize: number;
  /** The number of the last page used. */
  lastPage: number;
  /** The id of the last transaction that was committed. */
  lastTransaction: number;
  /** Reader slots that there are, and that have been used at once. */
  maxReaders: number;
  readers: number;
}

/** A reader slot that is taken: a read transaction of some process, or one that it keeps for the next. */
export interface Reader {
  /** The process that has it. */
  pid: number;
  /** The thread that took it, as `mdb_stat -r` writes it: hexadecimal, and of no meaning but in that process. */
  thread: string;
  /** The version that is being read, which keeps its pages from being used again; undefined if none is. */
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
}
