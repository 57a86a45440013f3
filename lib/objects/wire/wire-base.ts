import { LeaseholdError } from '../../base/errors.ts';
import { GARBAGE, OBJECTS } from '../../catalog/own-collections.ts';
import { ITEM_COUNT, ItemKey } from '../../key/item-key.ts';
import { idBytes } from '../../key/object-id.ts';
import type { Change, Engine, Tid } from '../../versions/engine/engine.ts';
import { EngineListeners } from '../../versions/engine/listeners.ts';
import type { ObjectSource } from '../../versions/engine/object-source.ts';
import { reached } from '../../versions/engine/reached.ts';
import { RecentChanges } from '../../versions/engine/recent-changes.ts';
import { ROOT } from '../base.ts';
import type { GarbagePage } from '../garbage/garbage-page.ts';
import type { Definition, StoredClass, ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { StateTable } from '../record/state-table.ts';
import { SharedStates } from '../shared-state.ts';
import { WireClasses } from './classes.ts';
import { isOfObjects, KnownStates } from './known-states.ts';
import { type Shared, WireReading } from './reading.ts';
import { type Span, Spans } from './spans.ts';
import type { Tracked } from './tracked.ts';
import { WireTransaction } from './transaction.ts';
import { keyBytes, WireItems, WireObjects } from './wire-rows.ts';

/** How many keys are remembered that commits have changed. */
const MOST_RECENT = 20_000;
const FIRST_CLAIM = 64;
const LARGEST_CLAIM = 65_536;
/** Stands for the ids that a run needs and that are not here: no object ever gets these. */
const FIRST_PROVISIONAL = 2 ** 52;

/** What a store of objects on a server stands on: what is here of it, and the engine, which has the rest. */
export class WireBase implements ObjectBase, Shared {
  readonly engine: Engine;
  readonly classes: WireClasses;
  readonly objects: WireObjects;
  readonly items: WireItems = new WireItems();
  readonly states: StateTable;
  readonly sharedStates: SharedStates = new SharedStates();
  readonly mostCached: number;
  /** The states and ranges that are here. */
  readonly known: KnownStates;
  readonly spans: Spans;
  /** What the last commits have changed. */
  recent: RecentChanges;
  #nextId = 0;
  #endOfIds = 0;
  #claim = FIRST_CLAIM;
  #provisional = FIRST_PROVISIONAL;
  #end: { readonly error: Error | undefined } | undefined;
  readonly #endings = new EngineListeners();
  readonly #stops: (() => void)[];
  readonly #tracked: Tracked[] = [];

  /** `changed`: called with each commit that the engine tells. `lost`: called when nothing that is here may be used any more. */
  constructor(source: ObjectSource, mostCached: number, changed: (change: Change) => void, lost: () => void) {
    this.engine = source.engine;
    this.classes = new WireClasses(source);
    this.objects = new WireObjects(this.classes);
    this.states = new StateTable(mostCached);
    this.mostCached = mostCached;
    this.known = new KnownStates(mostCached);
    this.spans = new Spans(mostCached);
    this.recent = new RecentChanges(this.engine.processed(), MOST_RECENT);
    const apply = (change: Change): void => {
      if (change.changes.some(({ collection }) => isOfObjects(collection))) this.#apply(change);
      changed(change);
    };
    const end = (error: Error | undefined): void => {
      this.close(error);
      lost();
    };
    const skip = (tid: Tid): void => {
      this.#skipTo(tid);
      lost();
    };
    this.#stops = [this.engine.onChange(apply), this.engine.onGap(skip), this.engine.onEnd(end)];
  }

  /** Asks for what is needed before anything can be read. */
  async begin(): Promise<void> {
    const tid = await this.classes.refresh();
    await reached(this.engine, tid);
    const root = [{ collection: OBJECTS, key: idBytes(ROOT) }];
    await this.engine.load(root, this.engine.processed(), (state) => this.known.pin(state));
  }

  /** `ERR_ENV_CLOSED`, or why the engine tells no commits any more. */
  checkOpen(): void {
    if (this.#end === undefined) return;
    throw (
      this.#end.error ?? new LeaseholdError('ERR_ENV_CLOSED', 'the store was closed: open it again with openStore()')
    );
  }

  /** Calls a function when the store is closed, or the engine ends. Gives a function that takes that back. Throws what `checkOpen` throws. */
  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.checkOpen();
    return this.#endings.onEnd(fn);
  }

  /** From now on nothing is told, so nothing that is here can be used. */
  close(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#endings.end(error);
    for (const stop of this.#stops) stop();
    this.known.forget();
    this.spans.clear();
  }

  /** Whether a commit that was told has changed something in a range since that was read. */
  isTouched({ collection, lower, upper, tid }: Span): boolean {
    const range = { lower, lowerOpen: false, upper, upperOpen: true };
    return this.recent.touches(collection, range, tid, this.engine.processed());
  }

  /** From now on, notes which commit has changed each of these keys last. */
  track(tracked: Tracked): void {
    this.#tracked.push(tracked);
  }

  untrack(tracked: Tracked): void {
    this.#tracked.splice(this.#tracked.indexOf(tracked), 1);
  }

  newId(): never {
    throw new LeaseholdError('ERR_READ_ONLY_STATE', 'only a transaction stores objects');
  }

  /** An id for a new object of a transaction. If there is none, that is noted, and what it gives stands for one. */
  takeId(txn: WireTransaction): number {
    txn.idCount++;
    const isHere = this.#nextId < this.#endOfIds;
    if (!isHere) txn.misses.ids = txn.idCount;
    const id = isHere ? this.#nextId++ : this.#provisional++;
    txn.created(id);
    return id;
  }

  /** Claims so many ids at least. */
  async claimIds(least: number): Promise<void> {
    const count = Math.max(least, this.#claim);
    this.#claim = Math.min(LARGEST_CLAIM, 4 * this.#claim);
    const [first, last] = await this.engine.claimIds(count);
    // The first id that is ever claimed is that of the root.
    this.#nextId = Math.max(first, ROOT + 1);
    this.#endOfIds = last + 1;
  }

  classFor(definition: Definition, txn: ViewTxn): StoredClass {
    const known = this.classes.of(definition);
    if (known !== undefined) return known;
    (txn as WireTransaction).misses.addClass(definition);
    return this.classes.unnumbered(definition);
  }

  addToNumber(owner: number, number: number, txn: ViewTxn): void {
    (txn as WireTransaction).add(keyBytes(new ItemKey(owner, ITEM_COUNT)), number);
  }

  readUncounted<T>(txn: ViewTxn, fn: (uncounted: ViewTxn) => T): T {
    return txn instanceof WireTransaction ? txn.uncounted(() => fn(txn)) : fn(txn);
  }

  hasNoGarbage(): boolean {
    return false;
  }

  garbagePage(number: number, txn: ViewTxn): GarbagePage | undefined {
    return (txn as WireReading).findOrMiss(GARBAGE, idBytes(number))?.bytes;
  }

  /** The engine cannot tell what the commits up to this one have changed. */
  #skipTo(tid: Tid): void {
    this.known.forget();
    this.spans.clear();
    this.recent = new RecentChanges(tid, MOST_RECENT);
    for (const tracked of this.#tracked) tracked.forget();
  }

  #apply(change: Change): void {
    this.known.apply(change);
    this.spans.apply(change);
    this.recent.add(change);
    this.recent.trim();
    for (const tracked of this.#tracked) tracked.apply(change);
  }

  /** A reading as of the newest commit that was told. */
  newest(): WireReading {
    return new WireReading(this, this.engine.processed());
  }

  /** The newest commit that was told, which the engine keeps until `release` is called. */
  hold(): { readonly tid: Tid; readonly release: () => void } {
    this.checkOpen();
    const tid = this.engine.processed();
    return { tid, release: this.engine.hold(tid) };
  }
}
