import { freezeClass, PrimordialUint32Array } from '../base/primordials.ts';

/**
 * The time between two renumberings of a table's rows. An iterator that is at a row has the row's number and the epoch of that number.
 * `next` and `renumber` give the row's number in a later epoch. An epoch to which nothing refers is collected.
 */
export class Epoch {
  #next: Epoch | undefined;
  /** A bit for each row that the renumbering removed; and for each 32 rows, how many rows before them are left. */
  #removed: Uint32Array | undefined;
  #before: Uint32Array | undefined;

  /** Ends this epoch: all rows are removed. Returns the next epoch. */
  clear(): Epoch {
    this.#next = new Epoch();
    return this.#next;
  }

  /** Ends this epoch: of `length` rows, those whose bit is set in `removed` are removed. Returns the next epoch. */
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

  /** The next epoch, if this one has ended. */
  get next(): Epoch | undefined {
    return this.#next;
  }

  /** The number in the next epoch of the first row from `row` on that is left. */
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
