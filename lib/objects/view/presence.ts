import type { ChangingTxn } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { noObject } from '../errors.ts';
import { Condemned } from '../garbage/condemned.ts';
import { slots, viewOf } from '../handle.ts';
import type { Handle, View } from '../model.ts';

/**
 * Makes sure that the objects are there that one transaction refers to, or of which it changes rows: collect() may have deleted what a program has
 * held, or be about to.
 */
export class Presence {
  readonly #base: Base;
  readonly #view: View;
  #condemned: Condemned | undefined;

  constructor(base: Base, view: View) {
    this.#base = base;
    this.#view = view;
  }

  /** Throws `ERR_NO_OBJECT`. In an optimistic transaction, its commit fails if the object is deleted meanwhile. */
  check(handle: Handle, txn: ChangingTxn): void {
    // Nobody else can have deleted what the transaction itself has stored.
    if (this.#view.hasUncommitted(handle)) return;
    const id = slots.id(handle);
    if (viewOf(handle) === this.#view) this.#view.stateOf(handle);
    else if (!this.#base.objects.has(id, txn)) throw this.#view.absent(id);
    this.#condemned ??= new Condemned(this.#base, txn);
    if (this.#condemned.has(id)) throw noObject(id);
  }
}
