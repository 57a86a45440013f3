import { mixed } from '../mix.ts';

const ROWS = 4;
const MOST = 15;

/**
 * How often keys were requested lately, at most 15 times, in 4 bytes a counter: a count-min sketch whose counters are
 * halved after a number of requests (G. Einziger, R. Friedman, B. Manes: TinyLFU, ACM Transactions on Storage, 2017).
 */
export class FrequencySketch {
  readonly #counters: Uint8Array;
  readonly #mask: number;
  /** Requests until the next halving. */
  #left: number;
  readonly #sample: number;

  /** For a cache of about `count` objects. */
  constructor(count: number) {
    const columns = 2 ** Math.ceil(Math.log2(Math.max(64, count)));
    this.#counters = new Uint8Array(ROWS * columns);
    this.#mask = columns - 1;
    this.#sample = 10 * columns;
    this.#left = this.#sample;
  }

  add(key: number): void {
    for (let row = 0; row < ROWS; row++) {
      const place = this.#place(key, row);
      const counter = this.#counters[place] as number;
      if (counter < MOST) this.#counters[place] = counter + 1;
    }
    if (--this.#left > 0) return;
    this.#left = this.#sample;
    for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = (this.#counters[i] as number) >>> 1;
  }

  estimate(key: number): number {
    let least = MOST;
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#counters[this.#place(key, row)] as number);
    return least;
  }

  #place(key: number, row: number): number {
    return row * (this.#mask + 1) + (mixed(key, row) & this.#mask);
  }
}
