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
}

/** The states that were read a moment ago, and are not in the file yet. */
export class YoungStates {
  /** About how many bytes they have. */
  bytes = 0;
  readonly #states = new OwnMap<string, YoungState[]>();

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  add(state: NewState): void {
    const name = nameOf(state);
    const states = this.#states.get(name);
    if (states === undefined) this.#states.set(name, [{ ...state }]);
    else states.push({ ...state });
    this.bytes += 64 + state.key.length + (state.bytes?.length ?? 0);
  }

  /** `at` is at most the last commit that was applied. */
  find(key: StateKey, at: Tid): NewState | undefined {
    return this.#states.get(nameOf(key))?.find(({ tid, next }) => tid <= at && (next === undefined || at < next));
  }

  apply(change: Change): void {
    for (const { collection, keys } of change.changes) {
      for (const key of keys ?? []) end(this.#states.get(nameOf({ collection, key })), change.tid);
    }
    const ranges = change.changes.filter(({ range }) => range !== undefined);
    if (ranges.length === 0) return;
    this.#states.forEach((states) => {
      const { collection, key } = states[0] as YoungState;
      const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
      if (ranges.some((each) => isTouched(each, collection, range))) end(states, change.tid);
    });
  }

  /** All, in the order of their keys. */
  sorted(): NewState[] {
    const names: string[] = [];
    this.#states.forEach((_, name) => {
      names.push(name);
    });
    return names.sort().flatMap((name) => this.#states.get(name) as YoungState[]);
  }

  clear(): void {
    this.#states.clear();
    this.bytes = 0;
  }
}

function end(states: readonly YoungState[] | undefined, tid: Tid): void {
  for (const state of states ?? []) if (state.next === undefined && state.tid < tid) state.next = tid;
}
