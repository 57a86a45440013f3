import { mapGet, mapSet, PrimordialMap } from '../../base/primordials.ts';
import { type State, TID } from '../model.ts';

/**
 * The newest states that were read, by id. All views of a store share them: a record is decoded once for each version. It never decides what is
 * right, since a view has read the record, and knows its version.
 */
export class StateTable {
  readonly #half: number;
  /** What was added or found lately, and what was before that: each time that the first is half of the bound, it takes the place of the second. */
  #young = new PrimordialMap<number, State>();
  #old = new PrimordialMap<number, State>();
  hits = 0;
  misses = 0;

  constructor(most: number) {
    this.#half = Math.max(1, most / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The state to use for one that was read: the same object for everybody who has read this version. */
  shared(id: number, read: State): State {
    const young = mapGet(this.#young, id);
    const known = young ?? mapGet(this.#old, id);
    if (known !== undefined && known[TID] === read[TID]) {
      this.hits++;
      if (young === undefined) this.#add(id, known);
      return known;
    }
    this.misses++;
    // An older version is only read by views that are about to end.
    if (known === undefined || known[TID] < read[TID]) this.#add(id, read);
    return read;
  }

  #add(id: number, state: State): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new PrimordialMap();
    }
    mapSet(this.#young, id, state);
  }
}
