import { LeaseholdError } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { RowCache } from '../collections/row-cache.ts';
import { noObject } from '../errors.ts';
import { draftOf, Home, knownState, slots, viewOf } from '../handle.ts';
import {
  type AddedNumbers,
  BASE,
  type Definition,
  type Handle,
  type RowDrafts,
  STORED,
  type State,
  TID,
  type View,
  type ViewTxn,
} from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { HandleTable } from './pages.ts';
import type { Presence } from './presence.ts';

/** What the views of a store have in common. */
export abstract class StoreView implements View {
  readonly base: object | undefined;
  isFresh = true;
  /** How many times it has moved on to another version. */
  protected moves = 0;
  protected readonly handles: HandleTable;

  constructor(base: ObjectBase | undefined, isWeak: boolean) {
    this.base = base;
    this.handles = new HandleTable(this, isWeak);
  }

  abstract transaction(): ViewTxn;
  abstract get isWriting(): boolean;
  abstract change(handle: Handle, path: string, fn: () => void): void;
  abstract changeRows<T>(path: string, fn: (txn: ViewTxn) => T): T;
  abstract idOf(object: object): number;
  /** Of the transaction in which the view is written. */
  protected abstract get presence(): Presence;

  get isOptimistic(): boolean {
    return false;
  }

  get rowCache(): RowCache | undefined {
    return undefined;
  }

  get rowDrafts(): RowDrafts | undefined {
    return undefined;
  }

  get addedNumbers(): AddedNumbers | undefined {
    return undefined;
  }

  newId(): number {
    return (this.base as ObjectBase).newId();
  }

  referTo(object: object, txn: ViewTxn): number {
    const id = this.idOf(object);
    this.presence.check(object as Handle, txn);
    return id;
  }

  checkOwner(handle: Handle, txn: ViewTxn): void {
    this.presence.check(handle, txn);
  }

  flush(): void {}

  stateOf(handle: Handle): State {
    const known = knownState(handle);
    if (known !== undefined) return known;
    const id = slots.id(handle);
    const state = this.load(id);
    if (state === undefined) throw noObject(id);
    keepState(handle, state);
    return state;
  }

  /** The object with an id. `ERR_NO_OBJECT`. */
  object(id: number): Handle {
    const object = this.find(id);
    if (object === undefined) throw this.absent(id);
    return object;
  }

  absent(id: number): LeaseholdError {
    return noObject(id);
  }

  /** The same; undefined if there is none. */
  find(id: number): Handle | undefined {
    const known = this.handles.get(id);
    if (known !== undefined) return known;
    const state = this.load(id);
    return state === undefined ? undefined : this.made(id, state);
  }

  /** How many objects it has. */
  get handleCount(): number {
    let count = 0;
    this.handles.forEach(() => {
      count++;
    });
    return count;
  }

  /** The handle of an id; undefined if the view has none. */
  known(id: number): Handle | undefined {
    return this.handles.get(id);
  }

  /** The object of a state that was read. */
  made(id: number, state: State): Handle {
    const known = this.handles.get(id);
    if (known !== undefined) {
      keepState(known, state);
      return known;
    }
    const { definition } = state[STORED];
    const { moves } = this;
    const object = definition.make();
    // Initialisers of the program have run. They may have loaded this object, or have moved the view on.
    const meanwhile = this.handles.get(id);
    if (meanwhile !== undefined) return meanwhile;
    const home = this.handles.home(id, definition);
    const handle = slots.put(object, home, id, moves === this.moves ? state : undefined);
    this.handles.set(id, handle);
    definition.onLoad?.(object);
    return handle;
  }

  changingRows(): ViewTxn | undefined {
    return undefined;
  }

  hasUncommitted(handle: Handle): boolean {
    const draft = draftOf(handle);
    // The drafts of those that are committed have a base.
    return draft !== undefined && slots.id(handle) !== 0 && viewOf(handle) === this && draft[BASE] === undefined;
  }

  forget(handle: Handle): void {
    this.handles.delete(slots.id(handle));
  }

  protected load(id: number): State | undefined {
    const { objects, states } = this.base as ObjectBase;
    const txn = this.transaction();
    const { moves } = this;
    const state = objects.get(id, txn);
    if (moves !== this.moves) {
      throw new LeaseholdError(
        'ERR_BUSY',
        `upgrade() of a class has changed the store while object ${id} was read: it must not`,
      );
    }
    return state === undefined || state[TID] === 0 ? state : states.shared(id, state);
  }
}

/** Lets a handle have a state that was read, if it has none. */
function keepState(handle: Handle, state: State): void {
  if (slots.current(handle) === undefined) slots.setCurrent(handle, state);
}

/** The view of objects that are not stored yet. */
class Unstored extends StoreView {
  constructor() {
    super(undefined, true);
  }

  transaction(): never {
    throw new LeaseholdError('ERR_NO_OBJECT', 'the object is not stored yet');
  }

  get isWriting(): boolean {
    return true;
  }

  change(_handle: Handle, _path: string, fn: () => void): void {
    fn();
  }

  changeRows(): never {
    return this.transaction();
  }

  idOf(): never {
    return this.transaction();
  }

  protected get presence(): never {
    return this.transaction();
  }
}

export const UNSTORED: View = new Unstored();

const homes = new OwnMap<Definition, Home>();

/** The home of objects of a class that are not stored yet. */
export function homeOfUnstored(definition: Definition): Home {
  let home = homes.get(definition);
  if (home === undefined) {
    home = new Home(definition, UNSTORED, undefined);
    homes.set(definition, home);
  }
  return home;
}
