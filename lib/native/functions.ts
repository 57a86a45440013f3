import type { CollectionStat, EnvironmentInfo, Reader } from './stat.ts';

/** An open environment of this thread: an opaque native object, type-tagged and checked on every call. */
export interface NativeEnvironment {
  readonly nativeEnvironment: unique symbol;
}

/**
 * A transaction or a cursor of this thread: a small integer that carries a generation. A stale or invented one is
 * `ERR_TXN_ENDED`.
 */
export type Handle = number;

/** A collection of one NativeEnvironment: an index that it gave out. */
export type CollectionId = number;

interface NativeInfo extends EnvironmentInfo {
  /** Snapshots alive. */
  snapshots: number;
}

/**
 * Every function of the addon. Offsets and lengths of keys name bytes of the attached `io` buffer. But for `readEnd` none
 * gives undefined: see `answered`.
 */
export interface NativeFunctions {
  /** Gives native code the shared buffers of this thread and the function that makes its errors. Called again when `io` has grown. */
  attach(
    io: Uint8Array,
    control: Uint32Array,
    makeError: (code: string, message: string, path: string | undefined) => Error,
  ): true;
  /** The table that rows are written to from now on. */
  setTable(table: Uint32Array): true;

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
  /** Whether this runtime has ArrayBuffers over memory outside of its heap. */
  allowsExternal(): boolean;
  /** An ArrayBuffer over `length` bytes of the map, from `index` times 1 GiB on. */
  window(environment: NativeEnvironment, index: number, length: number): ArrayBuffer;

  /**
   * The collection of that name that a transaction sees, -1 if it sees none: for each that was ever made another number,
   * but the same for all who see it. `name` null is the unnamed database.
   */
  findCollection(transaction: Handle, name: string | null): CollectionId;
  /** The same, made if the transaction sees none; with COLLECTION_DUPSORT then for several values a key. */
  makeCollection(transaction: Handle, name: string, flags: number): CollectionId;
  /** Whether its keys can have several values. */
  hasDuplicates(environment: NativeEnvironment, collection: CollectionId): boolean;
  collections(transaction: Handle): string[];

  /** What names an environment in `readBegin`: checking the object itself would take as long as all the rest. */
  environmentHandle(environment: NativeEnvironment): Handle;
  /** Begins a read transaction; with `invalidate` its Buffers are detached at its end. */
  readBegin(environment?: Handle, invalidate?: boolean): Handle;
  /** The snapshot's version. */
  transactionId(transaction: Handle): number;
  /** Ends it: no row is delivered any more. True if leases are left, which then have to be drained; undefined if not. */
  readEnd(transaction?: Handle): true | undefined;
  /** Says what object is to end it, which is referred to weakly. */
  setOwner(transaction: Handle, owner: object): true;
  /** Whether a collection has taken its owner. */
  isForgotten(transaction: Handle): boolean;
  /** How many snapshots have no open transaction, and only wait to be drained. */
  drainingSnapshots(environment: NativeEnvironment): number;
  /** How many leases and leased Buffers are on its list, those that nobody can reach included. */
  leaseCount(transaction: Handle): number;
  /** Counts the leases that something holds: CONTROL_ROWS of them, CONTROL_BYTES (and _HIGH) bytes. */
  leaseStat(transaction: Handle): true;
  /** Forgets leases that nobody can reach; gives how many are left. */
  sweep(transaction: Handle): number;
  /**
   * Detaches the leased Buffers of a transaction under `invalidate`, and tells the sinks of other addons. Those that have
   * to be detached here are given one at a time, null after the last: plain copies, and all with `canTransfer`.
   */
  detachBuffers(transaction: Handle, canTransfer: boolean): ArrayBuffer | null;
  /**
   * The next lease of an ended transaction that something still holds, true when there is none. CONTROL_ROWS and
   * CONTROL_BYTES (and _HIGH, the upper 32 bits) say what moving it takes. It stays the next one until `moveLease` or
   * `dropLease`. Leased Buffers are moved (or detached) first, and sinks of other addons asked last: null after a part of
   * that, so that no call takes long.
   */
  nextLease(transaction: Handle): object | null | true;
  /** Copies rows and bytes of the next lease into `memory`, rows first, and forgets the lease. */
  moveLease(transaction: Handle, memory: ArrayBuffer): true;
  dropLease(transaction: Handle): true;
  /** After the last lease has gone: gives the snapshot back. */
  drained(transaction: Handle): true;

  /**
   * Tells V8 of that many bytes less outside of its heap than there are, so that their growth does not make it collect;
   * with a negative number, of that many more again. Gives by how much, since it is bounded.
   */
  hideExternal(bytes: number): number;
  /** Goes up when young objects have been collected since it was last called. */
  collectorRuns(): number;
  /** Makes V8 begin to mark, by claiming that many bytes outside of its heap for a moment. */
  provokeCollector(bytes: number): true;
  /** Whether the system would give so much memory at this moment. */
  canAllocate(bytes: number): boolean;

  /**
   * Begins a write transaction, a child of the one that this thread has open on the same environment, if any. Waits for
   * other writers so many milliseconds at most.
   */
  writeBegin(environment: NativeEnvironment, lockTimeout: number): Handle;
  writeCommit(transaction: Handle): true;
  writeAbort(transaction: Handle): true;

  /**
   * Looks a key up in a read transaction: the number of its row in the transaction's point lease, or NOT_FOUND. With
   * NEEDS_LEASE, `lendFound` lends what was found to a new lease; with NEEDS_TABLE, a new table is needed before that.
   * PRIVATE_ROW: the value cannot be lent; `takePrivate` gets it, CONTROL_VALUE_LENGTH bytes.
   */
  get(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** Makes `lease` the transaction's point lease, and what `get` just found its row 0. */
  lendFound(transaction: Handle, lease: object): number;
  /**
   * Looks up the keys that lie one after the other from `keyOffset` on, `places[i]` bytes each, beginning with number
   * `start`; replaces each length by the number of its row in `lease`, MANY_ABSENT or MANY_PRIVATE. Gives the number of
   * the first key not looked up, because it needs another lease, or NEEDS_TABLE with that number in CONTROL_ROWS; that
   * key's offset is in CONTROL_KEY_LENGTH.
   */
  getMany(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    places: Uint32Array,
    start: number,
    lease: object,
  ): number;
  /**
   * Looks a key up, in a transaction of either kind: the value's length, or NOT_FOUND. If the value fits into `io`
   * from `target` on, it is there now; if not, `takePrivate` gets it.
   */
  getPrivate(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    target: number,
  ): number;
  /** Copies what the private call just before found, key and then value, to `target`. */
  takePrivate(target: Uint8Array): true;
  has(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Whether a key has a value among its several, which is given as to `put`. */
  hasPair(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
  ): boolean;
  /**
   * A leased ArrayBuffer of exactly the value, null if the key is absent. Where nothing can be mapped it gives the value's
   * length, and needs to be called again with `memory` of that size, which is what it then gives.
   */
  getBuffer(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number | null;
  /** The same for bytes that the transaction has lent already. */
  lendBuffer(
    transaction: Handle,
    window: number,
    offset: number,
    length: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number;
  /** Says that this thread can end before the process: called once, before the first Buffer is lent. */
  watchThreadEnd(): true;

  /** Bounds lie in `io`; a flag says whether there is one, and whether it is open. `limit` is at most 2 ** 53. */
  rangeOpen(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): Handle;
  /** Fills the next rows and lends them to `lease`: how many, 0 at the end, NEEDS_TABLE, or PRIVATE_ROW. */
  rangeNext(cursor: Handle, lease: object, rows: number): number;
  /**
   * One entry as a private copy: 1, or 0 at the end. Key and value are in `io` from `target` on if they fit, else
   * `takePrivate` gets them. Works in transactions of both kinds.
   */
  rangeNextPrivate(cursor: Handle, target: number): number;
  /**
   * Up to `rows` entries as private copies, after the last `takeBack` entries of the call before are taken back, which must not
   * be all of them. Gives how many, 0 at the end, or PRIVATE_ROW if the next one is too large. In `io` from `target` on stand
   * CONTROL_BYTES bytes: the rows, then the bytes they describe, by offsets from `target`. Works in transactions of both kinds.
   */
  rangeNextCopies(cursor: Handle, target: number, rows: number, takeBack: number): number;
  rangeClose(cursor: Handle): true;
  count(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): number;
  /**
   * Joins two ranges of one read transaction; it takes their cursors over. `plan` has five numbers for each part of a
   * side, those of `build` first: where the value stands (ON_KEY_NUMBER, …), the number of the element, the type of the
   * field, whether it is optional, where it ends. `labels` names each part for errors, with NUL between them.
   */
  joinOpen(
    build: Handle,
    probe: Handle,
    plan: Uint32Array,
    labels: string,
    type: number,
    maxTableBytes: number,
    flags: number,
  ): Handle;
  /** Reads about so many entries of the build side; gives whether all is ready now for the calls that follow. */
  joinBuild(join: Handle, entries: number): boolean;
  /**
   * Lends the next pairs, at most `rows`, to two leases: how many, 0 at the end, or NEEDS_TABLE. A row without a key
   * stands for no entry. The control block speaks of the probe side's lease, and CONTROL_OTHER of the build side's.
   * PRIVATE_ROW if they are to be copied, with `copies` always: `joinTake` gets them, CONTROL_ROWS of them, to memory of
   * CONTROL_KEY_LENGTH bytes for the build side and CONTROL_VALUE_LENGTH for the probe side.
   */
  joinNext(join: Handle, buildLease: object, probeLease: object, rows: number, copies: boolean): number;
  /** Copies pairs: to each memory the rows, and behind them the bytes that they name. */
  joinTake(join: Handle, rows: number, buildMemory: ArrayBuffer, probeMemory: ArrayBuffer): true;
  /** How many pairs are left. */
  joinCount(join: Handle): number;
  joinClose(join: Handle): true;
  collectionStat(transaction: Handle, collection: CollectionId): CollectionStat;

  /**
   * Stores a value: `valueLength` bytes from `valueOffset` on of `bytes`, or of `io` if undefined. `kind` is CHANGE_PUT,
   * CHANGE_PUT_NEW or CHANGE_APPEND. Gives false if CHANGE_PUT_NEW met the key; where keys can have several values, if the pair was there.
   */
  put(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
    kind: number,
  ): boolean;
  /**
   * The same for what stands in `io`, the key behind the value: CONTROL_TRANSACTION, CONTROL_COLLECTION, CONTROL_OFFSET,
   * CONTROL_VALUE_LENGTH, CONTROL_KEY_LENGTH and CONTROL_KIND say what and where.
   */
  putWritten(): boolean;
  del(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Deletes one of a key's several values, which is given as to `put`. */
  delPair(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
  ): boolean;
  /**
   * Has the operations in `io` committed together, off this thread: for each a CHANGE_ kind, a collection, the length of its
   * value and of its key as little-endian u32, then the value and the key. Of CHANGE_CLEAR the value is the flags of a range,
   * its limit (8 bytes) and its lower bound, the key its upper bound. Gives `answers`, with a double for each: of a put
   * whether the pair was stored, of a deletion how many have gone. The error of a batch that fails has `index`.
   */
  batch(environment: NativeEnvironment, offset: number, length: number, answers: ArrayBuffer): Promise<ArrayBuffer>;
  /** Deletes the entries of a range, of which `rangeOpen` has the arguments; gives how many there were. */
  clear(
    transaction: Handle,
    collection: CollectionId,
    flags: number,
    lowerOffset: number,
    lowerLength: number,
    upperOffset: number,
    upperLength: number,
    limit: number,
  ): number;
  drop(transaction: Handle, collection: CollectionId): true;

  /** Gives native code what moves a lease on a block to the heap, or expires it; false if there is no memory. */
  attachBlocks(endLease: (lease: never, expires: boolean) => boolean): true;
  /** Makes `block` a source that lends `memory`, for other addons too. `expires`: its leases end with it. */
  blockOpen(block: object, memory: ArrayBuffer, expires: boolean): true;
  /**
   * Makes `block` a source that passes on what another addon's object lends, and gives an ArrayBuffer over that; it is
   * detached when the object ends. Throws an Error with code ERR_NOT_LEASEHOLD_SOURCE and others.
   */
  blockBorrow(block: object, source: unknown): ArrayBuffer;
  /** Lends `length` bytes from `offset` on, to `lease` too if it is given: 0, BLOCK_ENDED or BLOCK_NOT_LENT. */
  blockLend(block: object, offset: number, length: number, lease: object | undefined): number;
  /** Has an ArrayBuffer of bytes that a block lends detached when it ends, if leases on it expire. */
  blockLendBuffer(block: object, buffer: ArrayBuffer): true;
  /** Moves or expires what a block has lent; gives how many leases and sinks stay because there was no memory. */
  blockStep(block: object): number;
  /** The same, and nothing is lent any more unless some stay. */
  blockEnd(block: object): number;
  /** Lends other memory from now on. Nothing may be lent. */
  blockReplace(block: object, memory: ArrayBuffer): true;

  /** What an addon that includes leasehold/lease.h gets to see of bytes: an opaque object. */
  resolve(transaction: Handle, window: number, offset: number, length: number): object;
  resolveBlock(block: object, offset: number, length: number): object;
  resolvePrivate(bytes: Uint8Array, offset: number, length: number): object;
  /** Null for what is no Buffer on memory that a transaction lends. */
  resolveBuffer(bytes: Uint8Array): object | null;

  /**
   * Replaces each of the places from number `begin` to `end`, where `table[base + place]` and the number after it say which
   * of `bytes` a key has, by the key's HalfSipHash-1-3. Has the processor fetch the cell that each leads to: `cells` are a
   * power of two of pairs of numbers, found by the upper bits of a hash.
   */
  hashKeys(
    bytes: Uint8Array,
    table: Uint32Array,
    base: number,
    places: Uint32Array,
    begin: number,
    end: number,
    seed0: number,
    seed1: number,
    cells: Uint32Array,
  ): true;
}
