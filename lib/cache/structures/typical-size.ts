/** About so many of the newest objects count. */
const WINDOW = 1000;
/** The most hits that a small object is given. */
const MOST_CREDIT = 3;

/** Compares sizes with the mean size of the objects that enter a cache. */
export class TypicalSize {
  #mean = 0;
  #count = 0;

  /** An object enters. */
  add(size: number): void {
    if (this.#count < WINDOW) this.#count++;
    this.#mean += (size - this.#mean) / this.#count;
  }

  /** Hits that an object needs to stay for another round: 1, or the square root of how many times its size is the mean size. */
  price(size: number): number {
    return Math.max(1, Math.round(Math.sqrt(size / this.#mean)));
  }

  /** Hits that an object is given when it enters a queue: one if its size is a quarter of the mean size, two if it is a 16th, … */
  credit(size: number): number {
    let credit = 0;
    for (let quarter = this.#mean / 4; size <= quarter && credit < MOST_CREDIT; quarter /= 4) credit++;
    return credit;
  }
}
