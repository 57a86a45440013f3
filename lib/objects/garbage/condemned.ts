import { GARBAGE_PAGE_IDS } from '../../native/constants.ts';
import { OptimisticTransaction, type Transaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';

/** A page of ids: a bit each, that of the first id lowest in the first byte. */
export type GarbagePage = Uint8Array;

export const PAGE_BYTES: number = GARBAGE_PAGE_IDS / 8;

export function pageOf(id: number): number {
  return Math.floor(id / GARBAGE_PAGE_IDS);
}

export function isOn(page: GarbagePage, id: number): boolean {
  const bit = id % GARBAGE_PAGE_IDS;
  return (((page[bit >>> 3] as number) >>> (bit & 7)) & 1) === 1;
}

/** The ids of a page, in order. */
export function idsOn(number: number, page: GarbagePage): number[] {
  const ids: number[] = [];
  for (let i = 0; i < PAGE_BYTES; i++) {
    if (page[i] === 0) continue;
    for (let id = number * GARBAGE_PAGE_IDS + 8 * i, end = id + 8; id < end; id++) if (isOn(page, id)) ids.push(id);
  }
  return ids;
}

/** Takes an id off a page. */
export function takeOff(page: GarbagePage, id: number): void {
  const bit = id % GARBAGE_PAGE_IDS;
  page[bit >>> 3] = (page[bit >>> 3] as number) & ~(1 << (bit & 7));
}

/**
 * The objects that `collect()` has found to be garbage and not deleted yet, as one transaction sees them. Nothing reaches them, and from the
 * commit on that has condemned them nothing may refer to them: what they refer to may be deleted already.
 *
 * An optimistic transaction reads the pages of the ids that it asks for, so that it conflicts with a commit that condemns one of them.
 */
export class Condemned {
  readonly #base: Base;
  readonly #txn: Transaction;
  /** Whether there is none. Known once, for a transaction in which nobody else can change it. */
  readonly isEmpty: boolean;
  #number = -1;
  #page: GarbagePage | undefined;

  constructor(base: Base, txn: Transaction) {
    this.#base = base;
    this.#txn = txn;
    this.isEmpty = !(txn instanceof OptimisticTransaction) && base.garbage.stat(txn).entries === 0;
  }

  has(id: number): boolean {
    if (this.isEmpty) return false;
    const number = pageOf(id);
    if (number !== this.#number) {
      this.#page = this.#base.garbage.get(number, this.#txn)?.toBuffer();
      this.#number = number;
    }
    return this.#page !== undefined && isOn(this.#page, id);
  }
}
