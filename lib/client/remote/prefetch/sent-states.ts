import { nameOf } from '../../../cache/young-states.ts';
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

interface Sent extends Loaded {
  next: Tid | undefined;
  /** What the server calls it; 0 once it was told that it is used. */
  number: number;
}

const MOST_STATES = 8192;
const MOST_BYTES = 8 * 2 ** 20;

/** The states that a server has sent before they were asked for, until they are changed or others need the room. */
export class SentStates {
  readonly counters: PrefetchCounters = { prefetched: 0, prefetchUsed: 0, prefetchWasted: 0 };
  readonly #states = new Map<string, Sent>();
  #bytes = 0;
  /** The numbers of those that were used, and of which the server does not know it. */
  #used: number[] = [];

  add(state: Loaded, number: number): void {
    const name = nameOf(state);
    this.#remove(name);
    this.#states.set(name, { ...state, number });
    this.#bytes += sizeOf(state);
    this.counters.prefetched++;
    while (this.#states.size > MOST_STATES || this.#bytes > MOST_BYTES) {
      this.#remove(this.#states.keys().next().value as string);
    }
  }

  /** The state of a key as of a commit that was told, if it is here. */
  find(key: StateKey, at: Tid): Loaded | undefined {
    const sent = this.#states.get(nameOf(key));
    if (sent === undefined || sent.tid > at || (sent.next !== undefined && at >= sent.next)) return undefined;
    if (sent.number > 0) {
      this.counters.prefetchUsed++;
      this.#used.push(sent.number);
      sent.number = 0;
    }
    const { tid, next, bytes } = sent;
    return { collection: key.collection, key: key.key, tid, next, bytes };
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
      for (const key of keys ?? []) this.#remove(nameOf({ collection, key }));
      if (keys !== undefined) continue;
      for (const [name, { key }] of this.#states) {
        const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
        if (isTouched(each, collection, range)) this.#remove(name);
      }
    }
  }

  /** There is another connection, or commits were missed: the numbers mean nothing any more. */
  clear(): void {
    for (const name of [...this.#states.keys()]) this.#remove(name);
    this.#used = [];
  }

  #remove(name: string): void {
    const sent = this.#states.get(name);
    if (sent === undefined) return;
    this.#states.delete(name);
    this.#bytes -= sizeOf(sent);
    if (sent.number > 0) this.counters.prefetchWasted++;
  }
}

function sizeOf({ key, bytes }: Loaded): number {
  return 100 + key.length + (bytes?.length ?? 0);
}
