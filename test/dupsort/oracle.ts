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
    return this.#pairs.some((other) => compare(pair, other) === 0);
  }

  /** Gives whether it was new. */
  add(pair: Pair): boolean {
    const at = this.#pairs.findIndex((other) => compare(pair, other) <= 0);
    if (at >= 0 && compare(pair, this.#pairs[at] as Pair) === 0) return false;
    this.#pairs.splice(at < 0 ? this.#pairs.length : at, 0, pair);
    return true;
  }

  /** Gives how many went. */
  remove(goes: (pair: Pair) => boolean): number {
    const before = this.#pairs.length;
    this.#pairs = this.#pairs.filter((pair) => !goes(pair));
    return before - this.#pairs.length;
  }
}

/** The order of LMDB, which for such text is the order of the strings. */
export function compare(a: Pair, b: Pair): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1;
}
