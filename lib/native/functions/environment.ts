import type { Handle, NativeEnvironment } from '../handles.ts';
import type { CollectionStat, EnvironmentInfo, Reader } from '../stat.ts';

interface NativeInfo extends EnvironmentInfo {
  /** Snapshots alive. */
  snapshots: number;
}

/** Opens and closes a database, and does what concerns the whole of it. */
export interface EnvironmentFunctions {
  /** NaN stands for an option that was not given. */
  open(
    path: string,
    mapSize: number,
    maxCollections: number,
    maxReaders: number,
    syncInterval: number,
    flags: number,
  ): NativeEnvironment;
  /** Ends what is left of this handle; the file is closed with the last handle of the process. */
  close(environment: NativeEnvironment): true;
  /** Whether reads lend memory, by what the first that opened the environment in this process wanted. */
  lends(environment: NativeEnvironment): boolean;
  /** The most bytes that live leases may make drains copy: a read that would exceed it is `ERR_LEASE_BUDGET`. */
  setBudget(environment: NativeEnvironment, mostHeldBytes: number): true;
  stat(environment: NativeEnvironment): CollectionStat;
  info(environment: NativeEnvironment): NativeInfo;
  sync(environment: NativeEnvironment): true;
  /** Brings to the disk what this thread's environments have committed under `durability: 'periodic'`. */
  syncPinned(): true;
  /** Fulfilled once what was committed, and the batches that were added, before it are on the disk. */
  flush(environment: NativeEnvironment): Promise<void>;
  /** 0 adopts the size that the file has. */
  resize(environment: NativeEnvironment, mapSize: number, lockTimeout: number): true;
  /**
   * Begins to copy the newest version into a directory, an absolute path. Throws what is known at once; the promise is
   * rejected for what comes later, with ERR_ENV_CLOSED if the environment is closed before it is done.
   */
  copy(environment: NativeEnvironment, directory: string, compact: boolean): Promise<void>;
  /** The reader slots that are taken, by any process. */
  readers(environment: NativeEnvironment): Reader[];
  /** Frees the slots of processes that are gone: how many. */
  checkReaders(environment: NativeEnvironment): number;
  /** An ArrayBuffer over `length` bytes of the map, from `index` times 1 GiB on. */
  window(environment: NativeEnvironment, index: number, length: number): ArrayBuffer;
  /** What names an environment in `readBegin`: checking the object itself would take as long as all the rest. */
  environmentHandle(environment: NativeEnvironment): Handle;
  /** How many snapshots have no open transaction, and only wait to be drained. */
  drainingSnapshots(environment: NativeEnvironment): number;
}
