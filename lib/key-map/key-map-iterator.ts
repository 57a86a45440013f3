import { invalidType } from '../base/errors.ts';
import { leaseExpired } from '../lease/lease.ts';
import type { Epoch } from './epoch.ts';
import type { KeyRows } from './key-rows.ts';
import { KeyTable } from './key-table.ts';

export const KEYS = 0;
export const VALUES = 1;
export const ENTRIES = 2;
type Part = typeof KEYS | typeof VALUES | typeof ENTRIES;

/** Iterates over the keys, the values or the entries of a KeyMap. Each step sees the map as it is then. */
export class KeyMapIterator<R> implements IterableIterator<R, undefined> {
  #table: KeyTable<unknown> | undefined;
  #epoch: Epoch;
  /** The number of the next row, in `#epoch`. */
  #position = 0;
  readonly #part: Part;

  /** Not for users: `map.keys()` and its like make these. */
  constructor(table: KeyTable<unknown>, part: Part) {
    if (!KeyTable.isGenuine(table)) throw invalidType('table', 'that of a KeyMap', table);
    this.#table = table;
    this.#epoch = table.epoch;
    this.#part = part;
  }

  next(): IteratorResult<R, undefined> {
    const table = this.#table;
    if (table === undefined) return { done: true, value: undefined };
    for (let next = this.#epoch.next; next !== undefined; next = next.next) {
      this.#position = this.#epoch.renumber(this.#position);
      this.#epoch = next;
    }
    const row = table.next(this.#position);
    if (row < 0) {
      this.#table = undefined;
      return { done: true, value: undefined };
    }
    this.#position = row + 1;
    return { done: false, value: this.#item(table.rows, row) as R };
  }

  [Symbol.iterator](): KeyMapIterator<R> {
    return this;
  }

  #item(rows: KeyRows<unknown>, row: number): unknown {
    if (this.#part === VALUES) return rows.valueOf(row);
    if (rows.isExpired(row)) throw leaseExpired();
    const key = rows.keyOf(row);
    return this.#part === KEYS ? key : [key, rows.valueOf(row)];
  }
}
