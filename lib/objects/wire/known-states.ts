import { OwnMap } from '../../base/own-map.ts';
import { latin1Slice } from '../../base/platform.ts';
import { GARBAGE, ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { idAt } from '../../key/object-id.ts';
import { isIn } from '../../versions/byte-range.ts';
import type { Change, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';

/** The state of a key, as it came from the engine. */
export interface Known extends StateKey {
  /** Since which commit the key has it. */
  readonly tid: Tid;
  /** The commit that ended it; undefined if none has that was told. */
  next: Tid | undefined;
  /** Undefined if the key is absent. */
  readonly bytes: Uint8Array | undefined;
  /** What was made of the bytes; undefined if nothing was. */
  decoded: unknown;
}

/** What a state is called among others. */
export type StateName = number | string;

/** What a state is called: an object by its id, a row of a collection by its key, which begins with an id, and so with 0. */
export function nameOf(collection: string, key: Uint8Array): StateName {
  if (collection === OBJECTS) return idAt(key, 0);
  const text = latin1Slice(key, 0, key.length);
  return collection === ITEMS ? text : `${collection} ${text}`;
}

/** Whether something concerns objects. */
export function isOfObjects(collection: string): boolean {
  return collection === OBJECTS || collection === ITEMS || collection === GARBAGE;
}

/**
 * The states that are here, of all views of a store: of each key the newest one. A commit that is told ends the states of the keys that it has changed. There is a
 * bound: what was not used for long goes.
 */
export class KnownStates {
  readonly #half: number;
  #young = new OwnMap<StateName, Known>();
  #old = new OwnMap<StateName, Known>();
  readonly #pinned = new OwnMap<StateName, Known>();

  constructor(most: number) {
    this.#half = Math.max(1, most / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(name: StateName): Known | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old === undefined) return this.#pinned.get(name);
    this.#add(name, old);
    return old;
  }

  /** Adds a state that has just come, and returns it, or the same one that was here. */
  take({ collection, key, tid, next, bytes }: Loaded, name: StateName = nameOf(collection, key)): Known {
    const known = this.get(name);
    if (known !== undefined && known.tid === tid && (known.bytes === undefined) === (bytes === undefined)) {
      known.next ??= next;
      return known;
    }
    const taken: Known = { collection, key, tid, next, bytes, decoded: undefined };
    if (known === undefined || known.tid <= tid) this.#add(name, taken);
    return taken;
  }

  /** Adds the state of a key that never changes: it stays. */
  pin(loaded: Loaded): void {
    this.#pinned.set(nameOf(loaded.collection, loaded.key), this.take(loaded));
  }

  /** A commit was told. */
  apply({ tid, changes }: Change): void {
    for (const { collection, keys, range } of changes) {
      if (!isOfObjects(collection)) continue;
      if (keys !== undefined) for (const key of keys) end(this.get(nameOf(collection, key)), tid);
      else {
        const endIn = (known: Known): void => {
          if (known.collection === collection && (range === undefined || isIn(known.key, range))) end(known, tid);
        };
        this.#young.forEach(endIn);
        this.#old.forEach(endIn);
      }
    }
  }

  /** Forgets all but what never changes. */
  forget(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #add(name: StateName, known: Known): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new OwnMap();
    }
    this.#young.set(name, known);
  }
}

function end(known: Known | undefined, tid: Tid): void {
  if (known !== undefined) known.next ??= tid;
}

/** Whether a state is that of its key as of a commit. `known.next` is undefined if no commit that was told has ended it. */
export function isValid(known: Known, at: Tid): boolean {
  return known.tid <= at && (known.next === undefined || at < known.next);
}
