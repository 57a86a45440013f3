import { invalidType, outOfRange } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';

/** A number that a tuple stores as a double, even if it is an integer. `double` makes these. */
export class Double {
  readonly #value: number;

  constructor(value: number) {
    if (typeof value !== 'number') throw invalidType('a double', 'a number', value);
    if (Number.isNaN(value)) throw outOfRange('a double', 'a number other than NaN', value);
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** The number of a Double; undefined for anything else, even with the prototype of Double. */
  static valueOf(element: object): number | undefined {
    return #value in element ? element.#value : undefined;
  }

  static {
    inspectAs(Double.prototype, (double) => `double(${double.#value})`);
  }
}

/**
 * Marks a number to be stored as a double. In a tuple every integer sorts before every double, so use it for an element that can be 1,
 * 1.5 or 2. It reads back as a plain number. `ERR_INVALID_ARG_TYPE`; `ERR_OUT_OF_RANGE` for NaN.
 */
export function double(value: number): Double {
  return new Double(value);
}
