import { OwnMap } from '../base/own-map.ts';
import { latin1Slice } from '../base/platform.ts';
import type { Change, StateKey, Tid } from '../versions/engine/engine.ts';
import { isTouched } from '../versions/engine/recent-changes.ts';
import type { NewState } from './cache-writes.ts';

/** A key of a Map: no name of a collection has a NUL. */
export function nameOf({ collection, key }: StateKey): string {
  return `${collection}\0${latin1Slice(key, 0, key.length)}`;
}

interface YoungState extends NewState {
  next: Tid | undefined;
  /** Another state of the same key, which came before this one. */
  readonly other: YoungState | undefined;
}

/** The states that were read a moment ago, and are not in the file yet. */
export class YoungStates {
  /** About how many bytes they have. */
  bytes = 0;
  /** Of each key the one that came last. */
  readonly #states = new OwnMap<string, YoungState>();

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  /** `name`: that of its key. */
  add({ collection, key, tid, next, bytes }: NewState, name: string): void {
    this.#states.set(name, { collection, key, tid, next, bytes, other: this.#states.get(name) });
    this.bytes += 64 + key.length + (bytes?.length ?? 0);
  }

  /** `at` is at most the last commit that was applied. */
  find(key: StateKey, at: Tid): NewState | undefined {
    for (let state = this.#states.get(nameOf(key)); state !== undefined; state = state.other) {
      if (state.tid <= at && (state.next === undefined || at < state.next)) return state;
    }
    return undefined;
  }

  apply(change: Change): void {
    for (const { collection, keys } of change.changes) {
      for (const key of keys ?? []) end(this.#states.get(nameOf({ collection, key })), change.tid);
    }
    const ranges = change.changes.filter(({ range }) => range !== undefined);
    if (ranges.length === 0) return;
    this.#states.forEach((state) => {
      const { collection, key } = state;
      const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
      if (ranges.some((each) => isTouched(each, collection, range))) end(state, change.tid);
    });
  }

  /** All, in the order of their keys. */
  sorted(): NewState[] {
    const names: string[] = [];
    this.#states.forEach((_, name) => {
      names.push(name);
    });
    const sorted: NewState[] = [];
    for (const name of names.sort()) {
      for (let state = this.#states.get(name); state !== undefined; state = state.other) sorted.push(state);
    }
    return sorted;
  }

  clear(): void {
    this.#states.clear();
    this.bytes = 0;
  }
}

/** A commit has changed a key: ends its states that have no end. */
function end(newest: YoungState | undefined, tid: Tid): void {
  for (let state = newest; state !== undefined; state = state.other) {
    if (state.next === undefined && state.tid < tid) state.next = tid;
  }
}
