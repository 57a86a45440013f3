import { OwnMap } from '../base/own-map.ts';
import { freezeClass, PrimordialWeakRef, weakRefDeref } from '../base/primordials.ts';

/** Stands for what is stored of an object as of one commit. There is one for each version, so `===` tells whether two objects have the same. */
export interface SharedState {
  readonly id: number;
  /** The commit that wrote it; 0 if a transaction has written it that is not committed yet. */
  readonly tid: number;
}

/** The states that a program has asked for, as long as it holds them. A store may have decoded one version several times: see StateTable. */
export class SharedStates {
  /** By id and tid. */
  readonly #known = new OwnMap<string, WeakRef<SharedState>>();
  /** How many there may be until those are looked for that are gone. */
  #limit = 64;

  /** The one for a version of an object. */
  get(id: number, tid: number): SharedState {
    const key = `${id}/${tid}`;
    const held = this.#known.get(key);
    const known = held === undefined ? undefined : weakRefDeref(held);
    if (known !== undefined) return known;
    const made = sharedState(id, tid);
    this.#known.set(key, new PrimordialWeakRef(made));
    if (this.#known.size > this.#limit) this.#sweep();
    return made;
  }

  #sweep(): void {
    this.#known.forEach((held, key) => {
      if (weakRefDeref(held) === undefined) this.#known.delete(key);
    });
    this.#limit = 2 * Math.max(32, this.#known.size);
  }
}

freezeClass(SharedStates);

export function sharedState(id: number, tid: number): SharedState {
  return Object.freeze({ id, tid });
}
