/** Sources that are not transactions: array buffers, and sources of other addons. */
export interface BlockFunctions {
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
}
