import { LeaseholdError } from '../../base/errors.ts';
import { bareArray, freezeClass, weakMapGet, weakMapSet } from '../../base/primordials.ts';
import { checkStack } from '../../base/stack.ts';
import { OBJECTS } from '../../catalog/own-collections.ts';
import { currentTransact } from '../../transaction/async-reads.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import type { OpenTransact } from '../../transaction/open-transact.ts';
import { type OptimisticTransaction, openTransactionOf } from '../../transaction/transaction.ts';
import type { Conflict } from '../../versions/conflict.ts';
import { beginSavepoint, endSavepoint } from '../../versions/savepoint.ts';
import type { Base } from '../base.ts';
import { otherTransaction, storedMeanwhile } from '../errors.ts';
import { draftOf, knownState, slots } from '../handle.ts';
import type { AddedNumbers, Handle, RowDrafts, State, ViewTxn } from '../model.ts';
import { Changeset } from './changeset.ts';
import { addTransact } from './in-transact.ts';
import type { LiveView } from './live-view.ts';
import type { Presence } from './presence.ts';
import { resolveConflicts } from './resolve.ts';
import { snapshotEnded } from './snapshot-view.ts';
import { StoreView } from './view.ts';

/** The views of the transactions in which functions of `store.transact` are running. */
const views = new WeakMap<OpenTransact, TransactView>();

/** The view of the `store.transact` whose function called the running code. Undefined if there is none. */
export function currentTransactView(state: EnvironmentState): TransactView | undefined {
  const open = currentTransact(state);
  return open === undefined ? undefined : weakMapGet(views, open);
}

/** What the function of `store.transact` sees: one version, and what it has changed itself. */
export class TransactView extends StoreView {
  declare readonly base: Base;
  readonly #txn: OptimisticTransaction;
  readonly #open: OpenTransact;
  readonly #live: LiveView;
  /** What was changed: by the outermost `store.transact`, and by each that is running inside of the one before. */
  readonly #stack: Changeset[] = bareArray();

  /** `live`: the view to which the objects that it stores belong after the commit. */
  constructor(base: Base, txn: OptimisticTransaction, live: LiveView) {
    super(base, false);
    this.#txn = txn;
    this.#live = live;
    this.#open = openTransactionOf(base.state, txn) as OpenTransact;
    this.#stack[0] = new Changeset(base, this);
    weakMapSet(views, this.#open, this);
    addTransact(this.#open);
  }

  get #changes(): Changeset {
    return this.#stack[this.#stack.length - 1] as Changeset;
  }

  get isOpen(): boolean {
    return this.#open.open;
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
    return knownState(handle) ?? super.stateOf(handle);
  }

  /** An object that the newest commit has was stored by others after this transaction began: then its function runs again. */
  override absent(id: number): LeaseholdError {
    const newest = this.base.environment.read();
    try {
      if (!this.base.objects.has(id, newest)) return super.absent(id);
    } finally {
      newest.end();
    }
    this.#open.missed ??= { collection: OBJECTS, key: id };
    return storedMeanwhile(id);
  }

  /**
   * The transaction, to change something in it. `ERR_BUSY` inside `store.write()`: the ids that objects get there, and the numbers of their classes, would
   * be given again if that is rolled back.
   */
  #changing(): OptimisticTransaction {
    const txn = this.transaction();
    if (this.base.state.writing === undefined) return txn;
    throw otherTransaction(
      'store.write() or env.write()',
      'The objects of a store.transact() belong to another one: change those that store.root leads to, or end the write first',
      'objects of a store.transact()',
    );
  }

  change(handle: Handle, _path: string, fn: () => void): void {
    this.#changing();
    if (slots.id(handle) !== 0 && draftOf(handle) === undefined) this.stateOf(handle);
    this.#changes.note(handle);
    fn();
  }

  changeRows<T>(_path: string, fn: (txn: ViewTxn) => T): T {
    return fn(this.#changing());
  }

  idOf(object: object): number {
    this.#changing();
    return this.#changes.idOf(object, this.handles);
  }

  protected get presence(): Presence {
    return this.#changes.presence;
  }

  override flush(): void {
    this.#changes.flush(this.#changes.hasUnwritten ? this.#changing() : this.transaction(), false);
  }

  /** Calls `fn`. If it fails, takes back what was changed meanwhile, and nothing else. Savepoints must end in reverse order: `ERR_BUSY`. */
  async savepoint<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    checkStack();
    const outer = this.#changes;
    // What was written before must stay.
    outer.flush(this.transaction(), true);
    const inner = new Changeset(this.base, this);
    beginSavepoint(this.#open);
    this.#stack[this.#stack.length] = inner;
    let given: T;
    try {
      given = await fn();
      if (inner === this.#changes) inner.flush(this.transaction(), true);
    } catch (error) {
      this.#pop(inner);
      inner.rollBack();
      endSavepoint(this.#open, true);
      throw error;
    }
    this.#pop(inner);
    outer.takeOver(inner);
    endSavepoint(this.#open, false);
    return given;
  }

  /** Ends the work of the function, so that the transaction can be committed. */
  finish(): void {
    if (this.#stack.length > 1) throw this.#notNested();
    this.#changes.flush(this.transaction(), true);
    this.#changes.forEachCreated((handle) => this.#live.expect(handle));
  }

  /** The objects that it has stored belong to the live view from now on. */
  committed(): void {
    this.isFresh = false;
    this.#changes.committed((handle) => this.#live.adopt(handle));
  }

  rollBack(): void {
    this.isFresh = false;
    this.#changes.forEachCreated((handle) => this.#live.expectNoMore(handle));
    for (let i = this.#stack.length - 1; i >= 0; i--) (this.#stack[i] as Changeset).rollBack();
  }

  /** Puts what their classes' `resolve` gives into the objects that others have changed too. Returns whether that was possible for all conflicts. */
  resolve(conflicts: readonly Conflict[]): boolean {
    const isResolved = resolveConflicts(this, this.#changes, this.#open, conflicts);
    if (isResolved) this.#changes.forEachCreated((handle) => this.#live.expect(handle));
    return isResolved;
  }

  #pop(inner: Changeset): void {
    if (inner !== this.#changes) throw this.#notNested();
    this.#stack.length--;
  }

  /** The error of calls that overlap. The transaction cannot be committed: what belongs to which of them cannot be told. */
  #notNested(): LeaseholdError {
    const error = new LeaseholdError(
      'ERR_BUSY',
      'calls of store.transact() inside of another one overlap: await one before the next one begins, and all before the outer one ends',
      { path: this.base.environment.path },
    );
    this.#open.failure ??= { error };
    return error;
  }
}

freezeClass(TransactView);
