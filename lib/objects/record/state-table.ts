import { OwnMap } from '../../base/own-map.ts';
import { freezeClass } from '../../base/primordials.ts';
import { type State, TID } from '../model.ts';

/**
 * The states that were read, by id. All views of a store share them: a record is decoded once for each version. It never decides what is
 * right, since a view has read the record, and knows its version.
 *
 * Of each object it has the newest one. While snapshots are open, it also has those that were read of older versions: other snapshots may read them.
 */
export class StateTable {
  readonly #half: number;
  /** What was added or found lately, and what was before that: each time that the first is half of the bound, it takes the place of the second. */
  #young = new OwnMap<number, State>();
  #old = new OwnMap<number, State>();
  /** By id and tid. There are half as many as the bound at most. */
  readonly #superseded = new OwnMap<number, OwnMap<number, State>>();
  #supersededCount = 0;
  #snapshots = 0;
  hits = 0;
  misses = 0;

  constructor(most: number) {
    this.#half = Math.max(1, most / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size + this.#supersededCount;
  }

  /** To be called when a view begins that may read an older version than others, and when it ends. */
  snapshotBegins(): void {
    this.#snapshots++;
  }

  snapshotEnds(): void {
    if (--this.#snapshots === 0) this.#dropSuperseded();
  }

  /** The state to use for one that was read: the same object for everybody who has read this version. */
  shared(id: number, read: State): State {
    const young = this.#young.get(id);
    const known = young ?? this.#old.get(id);
    if (known !== undefined && known[TID] === read[TID]) {
      this.hits++;
      if (young === undefined) this.#add(id, known);
      return known;
    }
    if (known !== undefined && known[TID] > read[TID]) return this.#older(id, read);
    this.misses++;
    if (known !== undefined && this.#snapshots > 0) this.#supersede(id, known);
    this.#add(id, read);
    return read;
  }

  #older(id: number, read: State): State {
    const state = this.#superseded.get(id)?.get(read[TID]);
    if (state !== undefined) {
      this.hits++;
      return state;
    }
    this.misses++;
    if (this.#snapshots > 0) this.#supersede(id, read);
    return read;
  }

  #supersede(id: number, state: State): void {
    if (this.#supersededCount >= this.#half) this.#dropSuperseded();
    let byTid = this.#superseded.get(id);
    if (byTid === undefined) {
      byTid = new OwnMap();
      this.#superseded.set(id, byTid);
    }
    byTid.set(state[TID], state);
    this.#supersededCount++;
  }

  #dropSuperseded(): void {
    this.#superseded.clear();
    this.#supersededCount = 0;
  }

  #add(id: number, state: State): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new OwnMap();
    }
    this.#young.set(id, state);
  }
}

freezeClass(StateTable);
