import type { ItemKey, ItemKeyView } from '../key/item-key.ts';
import type { RangeOptions } from '../read/range-options.ts';
import type { GarbagePage } from './garbage/garbage-page.ts';
import type { Definition, State, StoredClass, ViewTxn } from './model.ts';
import type { ItemInput } from './record/item.ts';
import type { RecordInput } from './record/record.ts';
import type { StateTable } from './record/state-table.ts';
import type { SharedStates } from './shared-state.ts';

/*
 * What a store of objects stands on, as its views and collections see it: the collections of an environment (base.ts), or what is here of a store on a
 * server (wire/). All of it is synchronous. Over a server, a call throws if it asks for what is not here.
 */

/** The records of the objects, by id. */
export interface ObjectRows {
  get(id: number, txn: ViewTxn): State | undefined;
  has(id: number, txn: ViewTxn): boolean;
  put(id: number, input: RecordInput, txn: ViewTxn): unknown;
  range(
    options: RangeOptions<number>,
    txn: ViewTxn,
  ): Iterable<{ readonly key: number; readonly value: State }> & { keys(): Iterable<number> };
}

/** The rows of persistent collections. */
export interface ItemRows {
  get(key: ItemKey, txn: ViewTxn): unknown;
  has(key: ItemKey, txn: ViewTxn): boolean;
  put(key: ItemKey, input: ItemInput, txn: ViewTxn): unknown;
  /** Stores a row if it is absent, and returns whether it was. */
  putNew(key: ItemKey, input: ItemInput, txn: ViewTxn): boolean;
  del(key: ItemKey, txn: ViewTxn): boolean;
  /** Deletes the rows of a range, and returns how many. */
  clear(options: RangeOptions<ItemKey>, txn: ViewTxn): number;
  count(options: RangeOptions<ItemKey>, txn: ViewTxn): number;
  range(
    options: RangeOptions<ItemKey>,
    txn: ViewTxn,
  ): Iterable<{ readonly key: ItemKeyView; readonly value: unknown }> & { keys(): Iterable<ItemKeyView> };
}

export interface ObjectBase {
  readonly objects: ObjectRows;
  readonly items: ItemRows;
  /** Decoded states, and what stands for states in programs. */
  readonly states: StateTable;
  readonly sharedStates: SharedStates;
  /** How many rows a view has in memory at most. */
  readonly mostCached: number;
  /** An id that no object has. */
  newId(): number;
  /** The class with which a transaction stores objects of a definition. */
  classFor(definition: Definition, txn: ViewTxn): StoredClass;
  /** Adds to the number that stands in the row of a collection: see NumberRow. */
  addToNumber(owner: number, number: number, txn: ViewTxn): void;
  /** Calls `fn` with a transaction whose reads do not count as those of `txn`, and that sees the newest commit, or one as new as `txn`. */
  readUncounted<T>(txn: ViewTxn, fn: (uncounted: ViewTxn) => T): T;
  /** Whether a transaction sees no garbage that is not deleted yet, and nobody else can change that while it is open. */
  hasNoGarbage(txn: ViewTxn): boolean;
  garbagePage(number: number, txn: ViewTxn): GarbagePage | undefined;
}
