/** Hashes the keys of a KeyMap. */
export interface KeyMapFunctions {
  /**
   * Replaces each of the `places` from index `begin` to `end` by the HalfSipHash-1-3 of the key at that place: `table[base + place]` is the
   * key's offset in `bytes`, and the number after it is the key's length. Also prefetches the cell of each hash. `cells` has two numbers for
   * each cell and a power of two of cells; the upper bits of a hash are the index of its cell.
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
