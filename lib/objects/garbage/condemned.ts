import type { ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { type GarbagePage, isOn, pageOf } from './garbage-page.ts';

/**
 * The objects that `collect()` has found to be garbage and not deleted yet, as one transaction sees them. Nothing reaches them, and from the
 * commit on that has condemned them nothing may refer to them: what they refer to may be deleted already.
 *
 * An optimistic transaction reads the pages of the ids that it asks for, so that it conflicts with a commit that condemns one of them.
 */
export class Condemned {
  readonly #base: ObjectBase;
  readonly #txn: ViewTxn;
  /** Whether there is none. Known once, for a transaction in which nobody else can change it. */
  readonly isEmpty: boolean;
  #number = -1;
  #page: GarbagePage | undefined;

  constructor(base: ObjectBase, txn: ViewTxn) {
    this.#base = base;
    this.#txn = txn;
    this.isEmpty = base.hasNoGarbage(txn);
  }

  has(id: number): boolean {
    if (this.isEmpty) return false;
    const number = pageOf(id);
    if (number !== this.#number) {
      this.#page = this.#base.garbagePage(number, this.#txn);
      this.#number = number;
    }
    return this.#page !== undefined && isOn(this.#page, id);
  }
}
