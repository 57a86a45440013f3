/** What a KeyMap has native code do. */
export interface KeyMapFunctions {
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
