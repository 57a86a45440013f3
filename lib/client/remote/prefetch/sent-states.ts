import { OBJECTS } from '../../../catalog/own-collections.ts';
import { idAt } from '../../../key/object-id.ts';
import type { Change, Loaded, StateKey, Tid } from '../../../versions/engine/engine.ts';
import { isTouched } from '../../../versions/engine/recent-changes.ts';

/** What a client has counted of the states that a server sends before they are asked for. */
export interface PrefetchCounters {
  /** States that came. */
  prefetched: number;
  /** Those of them that were used, once each. */
  prefetchUsed: number;
  /** Those of them that were changed, or had to make room, before anybody used them. */
  prefetchWasted: number;
}

interface Sent {
  readonly state: Loaded;
  readonly size: number;
  /** What the server calls it; 0 once it was told that it is used. */
  number: number;
}

const MOST_STATES = 8192;
const MOST_BYTES = 8 * 2 ** 20;

/** The states of objects that a server has sent before they were asked for, until they are changed or others need the room. */
export class SentStates {
  readonly counters: PrefetchCounters = { prefetched: 0, prefetchUsed: 0, prefetchWasted: 0 };
  /** By the ids of the objects. */
  readonly #states = new Map<number, Sent>();
  #bytes = 0;
  /** The numbers of those that were used, and of which the server does not know it. */
  #used: number[] = [];

  add(state: Loaded, number: number): void {
    const id = idAt(state.key, 0);
    const size = sizeOf(state);
    this.#remove(id);
    this.#states.set(id, { state, size, number });
    this.#bytes += size;
    this.counters.prefetched++;
    while (this.#states.size > MOST_STATES || this.#bytes > MOST_BYTES) {
      this.#remove(this.#states.keys().next().value as number);
    }
  }

  /** The state of an object as of a commit that was told, if it is here. */
  find({ key }: StateKey, at: Tid): Loaded | undefined {
    const sent = this.#states.get(idAt(key, 0));
    if (sent === undefined) return undefined;
    const { state } = sent;
    if (state.tid > at || (state.next !== undefined && at >= state.next)) return undefined;
    if (sent.number > 0) {
      this.counters.prefetchUsed++;
      this.#used.push(sent.number);
      sent.number = 0;
    }
    return state;
  }

  /** How many were used since `takeUsed`. */
  get unreported(): number {
    return this.#used.length;
  }

  takeUsed(): readonly number[] {
    const used = this.#used;
    this.#used = [];
    return used;
  }

  /** A commit was told. */
  apply(change: Change): void {
    if (this.#states.size === 0) return;
    for (const each of change.changes) {
      const { collection, keys } = each;
      if (collection !== OBJECTS) continue;
      for (const key of keys ?? []) this.#remove(idAt(key, 0));
      if (keys !== undefined) continue;
      for (const [id, { state }] of this.#states) {
        const range = { lower: state.key, lowerOpen: false, upper: state.key, upperOpen: false };
        if (isTouched(each, collection, range)) this.#remove(id);
      }
    }
  }

  /** There is another connection, or commits were missed: the numbers mean nothing any more. */
  clear(): void {
    for (const id of [...this.#states.keys()]) this.#remove(id);
    this.#used = [];
  }

  #remove(id: number): void {
    const sent = this.#states.get(id);
    if (sent === undefined) return;
    this.#states.delete(id);
    this.#bytes -= sent.size;
    if (sent.number > 0) this.counters.prefetchWasted++;
  }
}

function sizeOf({ key, bytes }: Loaded): number {
  return 100 + key.length + (bytes?.length ?? 0);
}
