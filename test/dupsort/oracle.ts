/** A key and one of its values, as text of one character a byte. */
export type Pair = readonly [key: string, value: string];

/** What a collection with several values a key must hold: its pairs, in order. */
export class Pairs {
  #pairs: Pair[];

  constructor(pairs: readonly Pair[] = []) {
    this.#pairs = [...pairs];
  }

  get all(): readonly Pair[] {
    return this.#pairs;
  }

  copy(): Pairs {
    return new Pairs(this.#pairs);
  }

  values(key: string): string[] {
    return this.#pairs.filter(([k]) => k === key).map(([, value]) => value);
  }

  has(pair: Pair): boolean {
    const there = this.#pairs[this.#place(pair)];
    return there !== undefined && compare(pair, there) === 0;
  }

  /** Gives whether it was new. */
  add(pair: Pair): boolean {
    if (this.has(pair)) return false;
    this.#pairs.splice(this.#place(pair), 0, pair);
    return true;
  }

  /** Gives whether it was there. */
  delete(pair: Pair): boolean {
    if (!this.has(pair)) return false;
    this.#pairs.splice(this.#place(pair), 1);
    return true;
  }

  /** Gives how many went. */
  remove(goes: (pair: Pair) => boolean): number {
    const before = this.#pairs.length;
    this.#pairs = this.#pairs.filter((pair) => !goes(pair));
    return before - this.#pairs.length;
  }

  /** The index of the first pair that does not come before `pair`. */
  #place(pair: Pair): number {
    let from = 0;
    let to = this.#pairs.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compare(this.#pairs[middle] as Pair, pair) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The order of LMDB, which for such text is the order of the strings. */
export function compare(a: Pair, b: Pair): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1;
}
