/** Functions for the whole thread: the buffers that it shares with native code, V8's collector, memory. */
export interface ThreadFunctions {
  /** Gives native code the shared buffers of this thread, and the function that makes its errors. Called again when `io` grows. */
  attach(
    io: Uint8Array,
    control: Uint32Array,
    makeError: (code: string, message: string, path: string | undefined) => Error,
  ): true;
  /** Sets the table to which native code writes rows from now on. */
  setTable(table: Uint32Array): true;
  /** Whether this runtime allows ArrayBuffers over memory outside of its heap. */
  allowsExternal(): boolean;
  /** Says that this thread can end before the process. To be called once, before the first Buffer is lent. */
  watchThreadEnd(): true;
  /**
   * Hides this many bytes of external memory from V8, so that their growth does not make V8 collect. A negative number shows bytes again.
   * Returns how many bytes were hidden or shown, which can be fewer.
   */
  hideExternal(bytes: number): number;
  /** A count that goes up by one if V8 has collected young objects since the last call. */
  collectorRuns(): number;
  /** Makes V8 begin a collection, by reporting this many bytes of external memory for a moment. */
  provokeCollector(bytes: number): true;
  /** Whether the system would allocate this many bytes at this moment. */
  canAllocate(bytes: number): boolean;
  /** Advises the system to use large pages for memory that nobody has touched yet: the first touch then takes a fifth of the time. */
  useLargePages(bytes: Uint8Array): true;
}
