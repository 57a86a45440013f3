/** Bytes are counted in units, so that a u32 is enough. */
const UNIT = 64;
/** Where the clock is, and where the cells begin. A cell is [hash, time]; 0 as time means free. */
const CLOCK = 0;
const CELLS = 2;
/** A hash can be in so many cells. */
const WAYS = 4;

/**
 * The hashes of objects that have left a cache. Time is the bytes that have left: a hash is forgotten when so many bytes
 * have left after it. The table is one typed array, which may be memory that processes share. It may forget a hash early, if
 * many fall into the same cells, and two objects with the same hash are one. Either changes an estimate only.
 */
export class GhostTable {
  readonly #words: Uint32Array;
  /** How many groups of WAYS cells there are, less one. */
  readonly #mask: number;
  readonly #span: number;

  /**
   * `words` are zeros, or what another GhostTable left there; a power of two of them, and at least 16. Four words for each
   * object that shall be remembered are enough. A hash is remembered while at most `bytes` bytes leave after it.
   */
  constructor(words: Uint32Array, bytes: number) {
    this.#words = words;
    this.#mask = words.length / (2 * WAYS) - 1;
    this.#span = Math.min(Math.floor(bytes / UNIT), 2 ** 31);
  }

  /** An object leaves. */
  add(hash: number, size: number): void {
    const words = this.#words;
    const now = ((words[CLOCK] as number) + Math.ceil(size / UNIT)) >>> 0;
    words[CLOCK] = now;
    let chosen = -1;
    let oldest = -1;
    for (let cell = this.#first(hash), end = cell + 2 * WAYS; cell < end; cell += 2) {
      if (cell < CELLS) continue;
      const time = words[cell + 1] as number;
      const age = time === 0 ? Number.POSITIVE_INFINITY : (now - time) >>> 0;
      if (words[cell] === hash && time !== 0) {
        chosen = cell;
        break;
      }
      if (age > oldest) {
        chosen = cell;
        oldest = age;
      }
    }
    words[chosen] = hash;
    words[chosen + 1] = now === 0 ? 1 : now;
  }

  /** Whether an object with this hash has left a short time ago. Forgets the hash. */
  take(hash: number): boolean {
    const words = this.#words;
    for (let cell = this.#first(hash), end = cell + 2 * WAYS; cell < end; cell += 2) {
      const time = words[cell + 1] as number;
      if (cell < CELLS || words[cell] !== hash || time === 0) continue;
      words[cell + 1] = 0;
      return ((words[CLOCK] as number) - time) >>> 0 <= this.#span;
    }
    return false;
  }

  #first(hash: number): number {
    return (hash & this.#mask) * 2 * WAYS;
  }
}
