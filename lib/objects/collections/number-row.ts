import { OwnMap } from '../../base/own-map.ts';
import { ITEM_COUNT, ItemKey } from '../../key/item-key.ts';
import { slots, viewOf } from '../handle.ts';
import type { AddedNumbers, Handle, ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';

/**
 * The number that stands with a collection: how many entries it has, or what a Counter counts. It is changed by adding, so that two transactions that
 * add do not conflict; one that has read the number conflicts with all that add.
 */
export class NumberRow {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  get value(): number {
    const view = viewOf(this.#handle);
    const id = slots.id(this.#handle);
    const { items } = view.base as ObjectBase;
    const value = items.get(new ItemKey(id, ITEM_COUNT), view.transaction());
    return (typeof value === 'number' ? value : 0) + (view.addedNumbers?.of(this) ?? 0);
  }

  /** Adds a number, in a transaction of the view. */
  add(number: number): void {
    if (number !== 0) viewOf(this.#handle).addedNumbers?.add(this, number);
  }

  /** Writes what a transaction has added. */
  write(number: number, txn: ViewTxn): void {
    const { base } = viewOf(this.#handle);
    (base as ObjectBase).addToNumber(slots.id(this.#handle), number, txn);
  }
}

/** See AddedNumbers. A transaction that adds many entries to a collection changes their number once. */
export class AddedNumberTable implements AddedNumbers {
  readonly #numbers = new OwnMap<NumberRow, number>();

  of(row: NumberRow): number {
    return this.#numbers.get(row) ?? 0;
  }

  add(row: NumberRow, number: number): void {
    this.#numbers.set(row, this.of(row) + number);
  }

  /** Writes all that was added. */
  flush(txn: ViewTxn): void {
    this.#numbers.forEach((number, row) => {
      if (number !== 0) row.write(number, txn);
    });
    this.#numbers.clear();
  }
}
