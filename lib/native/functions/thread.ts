/** What concerns the thread and its heap: the buffers that it shares with native code, V8's collector, memory. */
export interface ThreadFunctions {
  /** Gives native code the shared buffers of this thread and the function that makes its errors. Called again when `io` has grown. */
  attach(
    io: Uint8Array,
    control: Uint32Array,
    makeError: (code: string, message: string, path: string | undefined) => Error,
  ): true;
  /** The table that rows are written to from now on. */
  setTable(table: Uint32Array): true;
  /** Whether this runtime has ArrayBuffers over memory outside of its heap. */
  allowsExternal(): boolean;
  /** Says that this thread can end before the process: called once, before the first Buffer is lent. */
  watchThreadEnd(): true;
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
}
