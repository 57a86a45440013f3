import { noObject } from '../errors.ts';
import { Condemned } from '../garbage/condemned.ts';
import { slots, viewOf } from '../handle.ts';
import type { Handle, View, ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';

/**
 * Makes sure that the objects are there that one transaction refers to, or of which it changes rows: collect() may have deleted what a program has
 * held, or be about to.
 */
export class Presence {
  readonly #base: ObjectBase;
  readonly #view: View;
  #condemned: Condemned | undefined;

  constructor(base: ObjectBase, view: View) {
    this.#base = base;
    this.#view = view;
  }

  /** Throws `ERR_NO_OBJECT`. In an optimistic transaction, its commit fails if the object is deleted meanwhile. */
  check(handle: Handle, txn: ViewTxn): void {
    // Nobody else can have deleted what the transaction itself has stored.
    if (this.#view.hasUncommitted(handle)) return;
    const id = slots.id(handle);
    if (viewOf(handle) === this.#view) this.#view.stateOf(handle);
    else if (!this.#base.objects.has(id, txn)) throw this.#view.absent(id);
    this.#condemned ??= new Condemned(this.#base, txn);
    if (this.#condemned.has(id)) throw noObject(id);
  }
}
