import { OwnMap } from '../../base/own-map.ts';
import { openCollectionOf } from '../../environment/collection.ts';
import { ITEM_COUNT, ItemKey } from '../../key/item-key.ts';
import { CHANGE_ADD } from '../../native/constants.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { ChangingTransaction } from '../../transaction/open-transaction.ts';
import { type ChangingTxn, openTransactionOf } from '../../transaction/transaction.ts';
import { changeKey } from '../../write/change.ts';
import type { Base } from '../base.ts';
import { slots, viewOf } from '../handle.ts';
import type { AddedNumbers, Handle } from '../model.ts';
import { encodeNumber } from '../record/plain.ts';

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
    const { items } = view.base as Base;
    const value = items.get(new ItemKey(id, ITEM_COUNT), view.transaction());
    return (typeof value === 'number' ? value : 0) + (view.addedNumbers?.of(this) ?? 0);
  }

  /** Adds a number, in a transaction of the view. */
  add(number: number): void {
    if (number !== 0) viewOf(this.#handle).addedNumbers?.add(this, number);
  }

  /** Writes what a transaction has added. */
  write(number: number, txn: ChangingTxn): void {
    const view = viewOf(this.#handle);
    const id = slots.id(this.#handle);
    const { items, state } = view.base as Base;
    changeKey(
      openCollectionOf(items) as OpenCollection,
      CHANGE_ADD,
      new ItemKey(id, ITEM_COUNT),
      { encoded: encodeNumber(number), references: [] },
      openTransactionOf(state, txn) as ChangingTransaction,
    );
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
  flush(txn: ChangingTxn): void {
    this.#numbers.forEach((number, row) => {
      if (number !== 0) row.write(number, txn);
    });
    this.#numbers.clear();
  }
}
