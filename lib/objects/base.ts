import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { lastId, saveLastId } from '../catalog/catalog.ts';
import { CLASSES, GARBAGE, ITEMS, OBJECTS } from '../catalog/own-collections.ts';
import { type Collection, openCollectionOf } from '../environment/collection.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { ITEM_COUNT, ItemKey, type ItemKeyView, itemKey } from '../key/item-key.ts';
import { objectId } from '../key/object-id.ts';
import { uint32 } from '../key/uint32.ts';
import { CHANGE_ADD } from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { OptimisticTransaction, openTransactionOf, type Transaction } from '../transaction/transaction.ts';
import { bytes } from '../value/bytes.ts';
import { json } from '../value/json.ts';
import type { Value } from '../value/value.ts';
import { changeKey } from '../write/change.ts';
import { Classes, type ClassRows } from './class/classes.ts';
import type { GarbagePage } from './garbage/garbage-page.ts';
import type { Definition, State, StoredClass, ViewTxn } from './model.ts';
import type { ItemRows, ObjectBase, ObjectRows } from './object-base.ts';
import { type ItemInput, itemValue } from './record/item.ts';
import { encodeNumber } from './record/plain.ts';
import { type RecordInput, recordCodec } from './record/record.ts';
import { StateTable } from './record/state-table.ts';
import { SharedStates } from './shared-state.ts';

export type Objects = Collection<number, RecordInput, number, State> & ObjectRows;
export type Items = Collection<ItemKey, ItemInput, ItemKeyView, unknown> & ItemRows;

/** The id of the root. */
export const ROOT = 1;

/** How many states and rows there are in memory at most, unless a program says otherwise. */
export const DEFAULT_CACHE = 200_000;

const FIRST_CLAIM = 64;
const LARGEST_CLAIM = 65_536;

/** What a store stands on: the collections of an environment in which the objects are. */
export class Base implements ObjectBase {
  readonly environment: Environment;
  readonly state: EnvironmentState;
  readonly objects: Objects;
  readonly items: Items;
  readonly classes: Classes;
  /** See Condemned. */
  readonly garbage: Collection<number, Uint8Array, number, Value>;
  readonly states: StateTable;
  readonly sharedStates: SharedStates = new SharedStates();
  /** How many rows a view has in memory at most. */
  readonly mostCached: number;
  #nextId = 0;
  #endOfIds = 0;
  #claim = FIRST_CLAIM;

  /** `ERR_NO_COLLECTION` in a read-only environment without objects. */
  constructor(environment: Environment, mostCached: number) {
    const { state, collections } = environmentParts(environment);
    this.environment = environment;
    this.state = state;
    this.states = new StateTable(mostCached);
    this.mostCached = mostCached;
    const open = (name: string, options: object): unknown => collections.openOwn(name, options);
    this.objects = open(OBJECTS, { key: objectId, value: recordCodec(() => this.classes), versions: true }) as Objects;
    this.items = open(ITEMS, { key: itemKey, value: itemValue, versions: true, keys: 'any' }) as Items;
    this.garbage = open(GARBAGE, { key: objectId, value: bytes, versions: true }) as Base['garbage'];
    this.classes = new Classes(environment, state, open(CLASSES, { key: uint32, value: json }) as ClassRows);
  }

  /** An id that no object has. Ids are claimed in ranges: the store has the last one, and a process that ends leaves the rest of its range unused. */
  newId(): number {
    if (this.#nextId === this.#endOfIds) {
      const first = inWrite(this.state, (transaction) => {
        // Then others claim the same ids.
        transaction.ifRolledBack(() => {
          this.#nextId = this.#endOfIds = 0;
        });
        const last = Math.max(lastId(transaction), ROOT);
        saveLastId(transaction, last + this.#claim);
        return last + 1;
      });
      this.#nextId = first;
      this.#endOfIds = first + this.#claim;
      this.#claim = Math.min(LARGEST_CLAIM, 4 * this.#claim);
    }
    return this.#nextId++;
  }

  classFor(definition: Definition): StoredClass {
    return this.classes.of(definition);
  }

  addToNumber(owner: number, number: number, txn: Transaction): void {
    changeKey(
      openCollectionOf(this.items) as OpenCollection,
      CHANGE_ADD,
      new ItemKey(owner, ITEM_COUNT),
      { encoded: encodeNumber(number), references: [] },
      openTransactionOf(this.state, txn) as ChangingTransaction,
    );
  }

  readUncounted<T>(_txn: ViewTxn, fn: (uncounted: ViewTxn) => T): T {
    const reading = this.environment.read();
    try {
      return fn(reading);
    } finally {
      reading.end();
    }
  }

  hasNoGarbage(txn: Transaction): boolean {
    return !(txn instanceof OptimisticTransaction) && this.garbage.stat(txn).entries === 0;
  }

  garbagePage(number: number, txn: Transaction): GarbagePage | undefined {
    return this.garbage.get(number, txn)?.toBuffer();
  }
}

/** The bases of environments: each has one, since the codec of objects belongs to it. */
const bases = new WeakMap<Environment, Base>();

/** The base of an environment. `mostCached`: what it gets if it has none yet. */
export function baseOf(environment: Environment, mostCached: number = DEFAULT_CACHE): Base {
  let base = weakMapGet(bases, environment);
  if (base === undefined) {
    base = new Base(environment, mostCached);
    weakMapSet(bases, environment, base);
  }
  return base;
}
