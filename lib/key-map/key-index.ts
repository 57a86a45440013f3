import { freezeClass, PrimordialUint32Array } from '../base/primordials.ts';
import type { Epoch } from './epoch.ts';

/** Cell layout: [hash of a row, row + 1]. A 0 in the second number means that the cell is free. */
const HASH = 0;
const ROW = 1;
const CELL = 2;
const SMALLEST_BITS = 3;

export const MOST_ROWS: number = 2 ** 26 - 1;

/**
 * Finds the rows of a table by their hashes: open addressing with linear probing. The upper bits of a hash give the first cell. So the cells
 * are roughly in the order of their hashes, and growing the index reads and writes memory in order.
 */
export class KeyIndex {
  #cells: Uint32Array = new PrimordialUint32Array(CELL << SMALLEST_BITS);
  #shift = 32 - SMALLEST_BITS;
  #count = 0;

  get cells(): Uint32Array {
    return this.#cells;
  }

  /** The place in `cells` where the search for a hash begins. */
  start(hash: number): number {
    return (hash >>> this.#shift) * CELL;
  }

  /** The next place of the search. */
  after(place: number): number {
    return (place + CELL) & ((CELL << (32 - this.#shift)) - 1);
  }

  /** Adds a row, which must not be in the index. */
  add(hash: number, row: number): void {
    if (this.#count >= 3 << (30 - this.#shift)) this.#resize(33 - this.#shift, undefined);
    this.#count++;
    this.#put(hash, row);
  }

  /** Removes a row, which must be in the index, and closes the gap. */
  remove(hash: number, row: number): void {
    const cells = this.#cells;
    let gap = this.start(hash);
    while (cells[gap + ROW] !== row + 1) gap = this.after(gap);
    for (let i = this.after(gap); cells[i + ROW] !== 0; i = this.after(i)) {
      // A row whose search begins after the gap stays where it is.
      if (this.#distance(this.start(cells[i + HASH] as number), i) < this.#distance(gap, i)) continue;
      cells[gap + HASH] = cells[i + HASH] as number;
      cells[gap + ROW] = cells[i + ROW] as number;
      gap = i;
    }
    cells[gap + ROW] = 0;
    this.#count--;
  }

  /** Gives each row its number after `epoch`, and frees memory that is no longer needed. */
  renumber(epoch: Epoch): void {
    let bits = SMALLEST_BITS;
    while (this.#count >= 3 << (bits - 2)) bits++;
    this.#resize(bits, epoch);
  }

  #distance(from: number, to: number): number {
    return (to - from) & ((CELL << (32 - this.#shift)) - 1);
  }

  /** Writes a row to the first free cell of its search. */
  #put(hash: number, row: number): void {
    const cells = this.#cells;
    let place = this.start(hash);
    while (cells[place + ROW] !== 0) place = this.after(place);
    cells[place + HASH] = hash;
    cells[place + ROW] = row + 1;
  }

  #resize(bits: number, epoch: Epoch | undefined): void {
    const cells = this.#cells;
    const end = CELL << (32 - this.#shift);
    this.#cells = new PrimordialUint32Array(CELL << bits);
    this.#shift = 32 - bits;
    for (let i = 0; i < end; i += CELL) {
      const row = (cells[i + ROW] as number) - 1;
      if (row >= 0) this.#put(cells[i + HASH] as number, epoch === undefined ? row : epoch.renumber(row));
    }
  }
}

freezeClass(KeyIndex);

/** The row in the cell at `place`; -1 if the cell is free. */
export function rowAt(cells: Uint32Array, place: number): number {
  return (cells[place + ROW] as number) - 1;
}
