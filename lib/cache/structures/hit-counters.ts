/** The most that a counter counts, unless another number is given. */
const MOST_HITS = 7;

/**
 * How often objects have been hit since they entered or were last looked at, up to a limit. The cells may be memory
 * that processes share: nothing else is needed for a hit. Two objects may share a cell, and a hit at the same moment in two
 * processes may count once; either changes an estimate, and nothing that a program reads.
 */
export class HitCounters {
  readonly #cells: Uint8Array;
  readonly #mask: number;
  readonly #most: number;

  /** The length of `cells` is a power of two. Four times the number of objects makes shared cells rare. */
  constructor(cells: Uint8Array, most: number = MOST_HITS) {
    this.#cells = cells;
    this.#most = most;
    this.#mask = cells.length - 1;
  }

  /** `hash` is a u32 of the key, whose lower bits vary. */
  hit(hash: number): void {
    const cell = hash & this.#mask;
    const count = this.#cells[cell] as number;
    if (count < this.#most) this.#cells[cell] = count + 1;
  }

  get(hash: number): number {
    return this.#cells[hash & this.#mask] as number;
  }

  set(hash: number, count: number): void {
    this.#cells[hash & this.#mask] = count;
  }
}
