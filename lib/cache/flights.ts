import { OwnMap } from '../base/own-map.ts';
import type { Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import { nameOf } from './young-states.ts';

interface Passenger {
  readonly key: StateKey;
  readonly at: Tid;
  readonly take: (state: Loaded) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A key that was asked of the engine. */
export interface Flight {
  readonly key: StateKey;
  readonly name: string;
  /** Who waits for the answer; undefined if nobody does. */
  passengers: Passenger[] | undefined;
  isOver: boolean;
}

/** The keys that were asked of the engine and are not answered yet: whoever wants one meanwhile waits for the same answer. */
export class Flights {
  readonly #flights = new OwnMap<string, Flight>();
  /** Reads again what an answer does not settle. */
  readonly #again: (key: StateKey, at: Tid, take: (state: Loaded) => void) => void | Promise<void>;

  constructor(again: (key: StateKey, at: Tid, take: (state: Loaded) => void) => void | Promise<void>) {
    this.#again = again;
  }

  /** Waits for the answer to another, and gives the promise; or else begins, and gives the flight. */
  joinOrBegin(key: StateKey, at: Tid, take: (state: Loaded) => void): Promise<void> | Flight {
    const name = nameOf(key);
    const found = this.#flights.get(name);
    if (found === undefined) {
      const flight: Flight = { key, name, passengers: undefined, isOver: false };
      this.#flights.set(name, flight);
      return flight;
    }
    return new Promise((resolve, reject) => {
      found.passengers ??= [];
      found.passengers.push({ key, at, take, resolve, reject });
    });
  }

  /** An answer has come, `name` is that of its key: settles all that wait for it, before anything else is received. */
  arrived(state: Loaded, name: string): void {
    const flight = this.#flights.get(name);
    if (flight === undefined) return;
    for (const { key, at, take, resolve, reject } of this.#end(flight)) {
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

  /** There will be no answer, unless there was one: those who wait ask themselves. */
  over(flight: Flight): void {
    if (flight.isOver) return;
    for (const { key: own, at, take, resolve, reject } of this.#end(flight)) {
      try {
        Promise.resolve(this.#again(own, at, take)).then(resolve, reject);
      } catch (error) {
        reject(error);
      }
    }
  }

  #end(flight: Flight): readonly Passenger[] {
    flight.isOver = true;
    this.#flights.delete(flight.name);
    return flight.passengers ?? NOBODY;
  }
}

const NOBODY: readonly Passenger[] = [];
