/** Sources that are not transactions: ArrayBuffers, and objects of other addons. */
export interface SourceFunctions {
  /**
   * Sets the function that native code calls when the object of another addon takes back its memory. The function makes the relay take back
   * all that it has lent. It returns false if a lease expired instead of being moved.
   */
  attachSources(takeBack: (relay: never) => boolean): true;
  /** Makes `object` a source that lends `memory`, also to other addons. With `expires`, leases expire instead of being moved. */
  sourceOpen(object: object, memory: ArrayBuffer, expires: boolean): true;
  /**
   * Makes `relay` a source that lends the memory of an object of another addon. Returns an ArrayBuffer over that memory, which is detached
   * when the object takes it back. Throws an Error with a code, such as ERR_NOT_LEASEHOLD_SOURCE.
   */
  sourceBorrow(relay: object, object: unknown): ArrayBuffer;
  sourceExpires(source: object): boolean;
  /** Sets whether the source has ended. An ended source does not lend. */
  sourceEnd(source: object, ended: boolean): true;
  /** Lends other memory from now on. Nothing may be lent at the time of the call. */
  sourceReplace(source: object, memory: ArrayBuffer): true;
  /**
   * Lends `length` bytes from `window + offset` on, as the next row of a lease. Returns 0, SOURCE_ENDED or SOURCE_NOT_LENT. The lease is the
   * one that was given last. A new lease comes with the table of its rows: the caller must write each row that was lent to the table. Offsets
   * in the table count from `window`.
   */
  sourceLend(
    source: object,
    window: number,
    offset: number,
    length: number,
    lease: object | undefined,
    table: Uint32Array | undefined,
  ): number;
}
