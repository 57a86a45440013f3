import { freezeClass } from '../../base/primordials.ts';
import { storedMeanwhile } from '../errors.ts';
import { draftOf, knownState, slots } from '../handle.ts';
import type { AddedNumbers, Handle, RowDrafts, State, ViewTxn } from '../model.ts';
import { Changeset } from '../view/changeset.ts';
import type { Presence } from '../view/presence.ts';
import { snapshotEnded } from '../view/snapshot-view.ts';
import { StoreView } from '../view/view.ts';
import type { WireTransaction } from './transaction.ts';
import type { WireBase } from './wire-base.ts';
import type { WireLiveView } from './wire-live-view.ts';

/** What one run of the function of a transaction on a server sees: one version, and what it has changed itself. */
export class WireTransactView extends StoreView {
  declare readonly base: WireBase;
  readonly #txn: WireTransaction;
  readonly #live: WireLiveView;
  readonly #changes: Changeset;
  #isOpen = true;
  /** Whether it was committed. */
  isCommitted = false;

  /** `live`: the view to which the objects that it stores belong after the commit. */
  constructor(base: WireBase, txn: WireTransaction, live: WireLiveView) {
    super(base, false);
    this.#txn = txn;
    this.#live = live;
    this.#changes = new Changeset(base, this);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isWriting(): boolean {
    return this.#isOpen;
  }

  override get rowDrafts(): RowDrafts | undefined {
    return this.#isOpen ? this.#changes.rowDrafts : undefined;
  }

  override get addedNumbers(): AddedNumbers | undefined {
    return this.#changes.addedNumbers;
  }

  override get isOptimistic(): boolean {
    return true;
  }

  transaction(): WireTransaction {
    if (!this.#isOpen) throw snapshotEnded();
    return this.#txn;
  }

  override stateOf(handle: Handle): State {
    return knownState(handle) ?? super.stateOf(handle);
  }

  /** Others may have stored the object after this transaction began: then its function runs again. */
  override absent(id: number): ReturnType<StoreView['absent']> {
    if (this.base.engine.processed() === this.#txn.tid) return super.absent(id);
    this.#txn.isOutdated = true;
    return storedMeanwhile(id);
  }

  change(handle: Handle, _path: string, fn: () => void): void {
    this.transaction();
    if (slots.id(handle) !== 0 && draftOf(handle) === undefined) this.stateOf(handle);
    this.#changes.note(handle);
    fn();
  }

  changeRows<T>(_path: string, fn: (txn: ViewTxn) => T): T {
    return fn(this.transaction());
  }

  override newId(): number {
    return this.base.takeId(this.transaction());
  }

  idOf(object: object): number {
    this.transaction();
    return this.#changes.idOf(object, this.handles);
  }

  protected get presence(): Presence {
    return this.#changes.presence;
  }

  override flush(): void {
    this.#changes.flush(this.transaction(), false);
  }

  /** Ends the work of the function, so that the transaction can be committed. */
  finish(): void {
    this.#changes.flush(this.transaction(), true);
    this.#isOpen = false;
    this.#changes.forEachCreated((handle) => this.#live.expect(handle));
  }

  /** The objects that it has stored belong to the live view from now on. */
  committed(): void {
    this.#isOpen = false;
    this.isCommitted = true;
    this.isFresh = false;
    this.#changes.committed((handle) => this.#live.adopt(handle));
  }

  rollBack(): void {
    this.#isOpen = false;
    this.isFresh = false;
    this.#changes.forEachCreated((handle) => this.#live.expectNoMore(handle));
    this.#changes.rollBack();
  }
}

freezeClass(WireTransactView);
