import type { ChangingTxn, OptimisticTransaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import type { AddedNumbers, Handle, RowDrafts, State } from '../model.ts';
import { Changeset } from './changeset.ts';
import type { Presence } from './presence.ts';
import { snapshotEnded } from './snapshot-view.ts';
import { StoreView } from './view.ts';

/** What the function of `store.transact` sees: one version, and what it has changed itself. */
export class TransactView extends StoreView {
  declare readonly base: Base;
  readonly #txn: OptimisticTransaction;
  readonly #changes: Changeset;

  constructor(base: Base, txn: OptimisticTransaction) {
    super(base, false);
    this.#txn = txn;
    this.#changes = new Changeset(base, this);
  }

  get isOpen(): boolean {
    return this.#txn.state === 'open';
  }

  get isWriting(): boolean {
    return this.isOpen;
  }

  override get rowDrafts(): RowDrafts | undefined {
    return this.isOpen ? this.#changes.rowDrafts : undefined;
  }

  override get addedNumbers(): AddedNumbers | undefined {
    return this.#changes.addedNumbers;
  }

  override get isOptimistic(): boolean {
    return true;
  }

  transaction(): OptimisticTransaction {
    if (!this.isOpen) throw snapshotEnded();
    return this.#txn;
  }

  override stateOf(handle: Handle): State {
    return handle.state ?? super.stateOf(handle);
  }

  change(handle: Handle, _path: string, fn: () => void): void {
    this.transaction();
    if (handle.id !== 0 && handle.draft === undefined && !this.#changes.hasCreated(handle)) this.stateOf(handle);
    this.#changes.note(handle);
    fn();
  }

  changeRows<T>(_path: string, fn: (txn: ChangingTxn) => T): T {
    return fn(this.transaction());
  }

  idOf(object: object): number {
    this.transaction();
    return this.#changes.idOf(object, (handle) => this.handles.set(handle.id, handle));
  }

  protected get presence(): Presence {
    return this.#changes.presence;
  }

  override hasUncommitted(handle: Handle): boolean {
    return this.#changes.hasCreated(handle);
  }

  override flush(): void {
    this.#changes.flush(this.transaction());
  }

  /** The objects that it has stored belong to the live view from now on. */
  committed(live: StoreView): void {
    this.isFresh = false;
    this.#changes.committed((handle) => live.adopt(handle));
  }

  rollBack(): void {
    this.isFresh = false;
    this.#changes.rollBack();
  }
}
