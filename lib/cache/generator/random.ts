import { mixed } from '../mix.ts';

/** Random numbers that depend on a seed alone: SplitMix32's counter through a mixing function. */
export class Random {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** From 0 up to 1, exclusive. */
  next(): number {
    return mixed(this.#count++, this.#seed) / 2 ** 32;
  }

  /** An integer from 0 up to `limit`, exclusive. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

/** A number from 0 up to 1 that belongs to an integer: always the same one. */
export function fractionOf(integer: number, seed: number): number {
  return mixed(integer, seed) / 2 ** 32;
}

/**
 * A rank from 0 up to `count`, exclusive, by Zipf's law: rank r is about (r + 1) ** -exponent times as frequent as the first. Inverts the
 * integral of the law, which is close enough for traces.
 */
export function zipfRank(fraction: number, count: number, exponent: number): number {
  const power = 1 - exponent;
  const rank =
    Math.abs(power) < 1e-9 ? (count + 1) ** fraction : (((count + 1) ** power - 1) * fraction + 1) ** (1 / power);
  return Math.min(count - 1, Math.floor(rank) - 1);
}
