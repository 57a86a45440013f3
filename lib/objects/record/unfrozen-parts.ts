import { types } from 'node:util';
import { handleOf } from '../handle.ts';

type Part = Date | Uint8Array;

/** The Dates and bytes in a plain value, which freezing does not protect, and what they were at first. */
export class UnfrozenParts {
  readonly #parts: [part: Part, was: number | Uint8Array][] = [];

  constructor(value: unknown) {
    this.#collect(value);
  }

  get haveChanged(): boolean {
    return this.#parts.some(([part, was]) =>
      was instanceof Uint8Array
        ? Buffer.compare(part as Uint8Array, was) !== 0
        : !Object.is((part as Date).getTime(), was),
    );
  }

  #collect(value: unknown): void {
    if (typeof value !== 'object' || value === null || handleOf(value) !== undefined) return;
    if (types.isDate(value)) this.#parts.push([value, value.getTime()]);
    else if (types.isUint8Array(value)) this.#parts.push([value, Uint8Array.from(value)]);
    else for (const inner of Array.isArray(value) ? value : Object.values(value)) this.#collect(inner);
  }
}
