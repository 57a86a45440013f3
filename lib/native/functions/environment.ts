import type { Handle, NativeEnvironment } from '../handles.ts';
import type { CollectionStat, EnvironmentInfo, Reader } from '../stat.ts';

interface NativeInfo extends EnvironmentInfo {
  /** Snapshots alive. */
  snapshots: number;
}

/** Functions for a whole database. */
export interface EnvironmentFunctions {
  /** Opens an environment. NaN means that an option was not given. */
  open(
    path: string,
    mapSize: number,
    maxCollections: number,
    maxReaders: number,
    syncInterval: number,
    changesCount: number,
    changesBytes: number,
    flags: number,
  ): NativeEnvironment;
  /** Closes this handle, and ends what is still open of it. The last handle of the process closes the file. */
  close(environment: NativeEnvironment): true;
  /** Whether reads lend memory. The first handle that opened the environment in this process has decided this. */
  lends(environment: NativeEnvironment): boolean;
  /** Sets the most bytes that live leases may cover, which are the most that drains have to copy. A read beyond it throws `ERR_LEASE_BUDGET`. */
  setBudget(environment: NativeEnvironment, mostHeldBytes: number): true;
  stat(environment: NativeEnvironment): CollectionStat;
  info(environment: NativeEnvironment): NativeInfo;
  /** The version of the newest commit, of whatever process. `info` gives it, too, and asks the system for more. */
  lastTransaction(environment: NativeEnvironment): number;
  sync(environment: NativeEnvironment): true;
  /** Syncs what this thread's environments have committed with `durability: 'periodic'`. */
  syncPinned(): true;
  /** Fulfilled when everything that was committed before, and every batch that was added before, is on the disk. */
  flush(environment: NativeEnvironment): Promise<void>;
  /** Sets the map size; 0 takes the size that the file has. */
  resize(environment: NativeEnvironment, mapSize: number, lockTimeout: number): true;
  /**
   * Begins to copy the newest version to a directory, which is an absolute path. Throws errors that are found at once. The promise is
   * rejected with later errors, and with ERR_ENV_CLOSED if the environment is closed before the copy is complete.
   */
  copy(environment: NativeEnvironment, directory: string, compact: boolean): Promise<void>;
  /** The reader slots that are taken, by any process. */
  readers(environment: NativeEnvironment): Reader[];
  /** Frees the slots of dead processes, and returns how many. */
  checkReaders(environment: NativeEnvironment): number;
  /** An ArrayBuffer over `length` bytes of the map, from `index` times 1 GiB on. */
  window(environment: NativeEnvironment, index: number, length: number): ArrayBuffer;
  /** The number by which `readBegin` knows an environment. To check the object would take as long as the rest of `readBegin`. */
  environmentHandle(environment: NativeEnvironment): Handle;
  /** How many snapshots have no open transaction, and only wait to be drained. */
  drainingSnapshots(environment: NativeEnvironment): number;
}
