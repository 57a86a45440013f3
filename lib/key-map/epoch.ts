import { freezeClass, PrimordialUint32Array } from '../base/primordials.ts';

/**
 * The time from one renumbering of a table's rows to the next. Who stands at a row keeps the epoch that its number is of,
 * and finds the place again by `next` and `renumber`; an epoch that nobody keeps is forgotten.
 */
export class Epoch {
  #next: Epoch | undefined;
  /** A bit for each row that the renumbering took out, and how many are left before each 32 of them. */
  #removed: Uint32Array | undefined;
  #before: Uint32Array | undefined;

  /** Ends this epoch with all rows gone; gives the next one. */
  clear(): Epoch {
    this.#next = new Epoch();
    return this.#next;
  }

  /** Ends this epoch with those of `length` rows gone whose bit is set in `removed`; gives the next one. */
  end(removed: Uint32Array, length: number): Epoch {
    const words = (length >>> 5) + 1;
    const before = new PrimordialUint32Array(words);
    for (let word = 1; word < words; word++) {
      before[word] = (before[word - 1] as number) + 32 - ones(removed[word - 1] as number);
    }
    this.#removed = removed;
    this.#before = before;
    return this.clear();
  }

  /** The epoch after this one, if it has ended. */
  get next(): Epoch | undefined {
    return this.#next;
  }

  /** The number, in the next epoch, of the first row from `row` on that is left. */
  renumber(row: number): number {
    if (this.#removed === undefined || this.#before === undefined) return 0;
    const word = row >>> 5;
    const bit = row & 31;
    return (this.#before[word] as number) + bit - ones((this.#removed[word] as number) & (2 ** bit - 1));
  }
}

freezeClass(Epoch);

/** How many bits of a u32 are set. */
function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return (((count + (count >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
