/** Sources that are not transactions: ArrayBuffers, blocks that were received, and objects of other addons. */
export interface SourceFunctions {
  /**
   * Gives native code what has a relay take back all that it lent, since the object that it borrows from takes that back. Gives
   * false if something expired that should have moved.
   */
  attachSources(takeBack: (relay: never) => boolean): true;
  /** Makes `object` a source that lends `memory`, for other addons too. `expires`: what it lent expires instead of moving. */
  sourceOpen(object: object, memory: ArrayBuffer, expires: boolean): true;
  /**
   * Makes `relay` a source that passes on what another addon's object lends, and gives an ArrayBuffer over that; it is
   * detached when the object ends. Throws an Error with code ERR_NOT_LEASEHOLD_SOURCE and others.
   */
  sourceBorrow(relay: object, object: unknown): ArrayBuffer;
  sourceExpires(source: object): boolean;
  /** Whether it lends no more. */
  sourceEnd(source: object, ended: boolean): true;
  /** Lends other memory from now on. Nothing may be lent. */
  sourceReplace(source: object, memory: ArrayBuffer): true;
  /**
   * Lends `length` bytes from `window + offset` on, as the next row of the lease that was given last: 0, SOURCE_ENDED or
   * SOURCE_NOT_LENT. A lease that is given is put on the list. It reads the memory from `window` on by the rows in `table`, to
   * which the caller writes each that was lent.
   */
  sourceLend(
    source: object,
    window: number,
    offset: number,
    length: number,
    lease: object | undefined,
    table: Uint32Array | undefined,
  ): number;
  /**
   * Checks rows that came with the memory: `rows` of them from `begin + table` on, which may name `size` bytes from `begin`
   * on. Gives the first row at fault, `rows` if there is none.
   */
  sourceCheckRows(source: object, begin: number, size: number, table: number, rows: number): number;
  /** Lends such rows, from `first` on, to a lease, which reads them where they are: how many, or -SOURCE_ENDED. */
  sourceLendRows(
    source: object,
    begin: number,
    size: number,
    table: number,
    rows: number,
    first: number,
    lease: object,
  ): number;
}
