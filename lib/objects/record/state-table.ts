import { mapDelete, mapGet, mapSet } from '../../base/primordials.ts';
import { type State, TID } from '../model.ts';

/**
 * The newest states that were read, by id. All views of a store share them: a record is decoded once for each version. It never decides what is
 * right, since a view has read the record, and knows its version.
 */
export class StateTable {
  readonly #most: number;
  /** In the order in which they were added. */
  readonly #states = new Map<number, State>();
  hits = 0;
  misses = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#states.size;
  }

  /** The state to use for one that was read: the same object for everybody who has read this version. */
  shared(id: number, read: State): State {
    const known = mapGet(this.#states, id);
    if (known !== undefined && known[TID] === read[TID]) {
      this.hits++;
      return known;
    }
    this.misses++;
    // An older version is only read by views that are about to end.
    if (known !== undefined && known[TID] > read[TID]) return read;
    if (known === undefined && this.#states.size >= this.#most) this.#dropOldest();
    mapSet(this.#states, id, read);
    return read;
  }

  #dropOldest(): void {
    for (const [id] of this.#states) {
      mapDelete(this.#states, id);
      return;
    }
  }
}
