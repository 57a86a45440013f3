import type { Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import { nameOf } from './young-states.ts';

interface Passenger {
  readonly key: StateKey;
  readonly at: Tid;
  readonly take: (state: Loaded) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The keys that were asked of the engine and are not answered yet: whoever wants one meanwhile waits for the same answer. */
export class Flights {
  readonly #passengers = new Map<string, Passenger[]>();
  /** Reads again what an answer does not settle. */
  readonly #again: (key: StateKey, at: Tid, take: (state: Loaded) => void) => void | Promise<void>;

  constructor(again: (key: StateKey, at: Tid, take: (state: Loaded) => void) => void | Promise<void>) {
    this.#again = again;
  }

  /** Waits for the answer to another; undefined if nobody has asked. */
  join(key: StateKey, at: Tid, take: (state: Loaded) => void): Promise<void> | undefined {
    const passengers = this.#passengers.get(nameOf(key));
    if (passengers === undefined) return undefined;
    return new Promise((resolve, reject) => passengers.push({ key, at, take, resolve, reject }));
  }

  begin(key: StateKey): void {
    this.#passengers.set(nameOf(key), []);
  }

  /** An answer has come: settles all that wait for it, before anything else is received. */
  arrived(state: Loaded): void {
    for (const { key, at, take, resolve, reject } of this.#leave(state)) {
      try {
        if (state.tid <= at && (state.next === undefined || at < state.next)) take({ ...state, key: key.key });
        else {
          Promise.resolve(this.#again(key, at, take)).then(resolve, reject);
          continue;
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  }

  /** There will be no answer: those who wait ask themselves. */
  failed(key: StateKey): void {
    for (const { key: own, at, take, resolve, reject } of this.#leave(key)) {
      try {
        Promise.resolve(this.#again(own, at, take)).then(resolve, reject);
      } catch (error) {
        reject(error);
      }
    }
  }

  #leave(key: StateKey): readonly Passenger[] {
    const name = nameOf(key);
    const passengers = this.#passengers.get(name) ?? [];
    this.#passengers.delete(name);
    return passengers;
  }
}
