import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds, Loaded, RowBatch, StateKey, Tid } from '../versions/engine/engine.ts';
import type { Backend } from './backend.ts';
import { readWithEngine } from './pipeline/read-steps.ts';
import type { ReadStep, Reads, ReadValue, StepsToRead } from './reads.ts';

/** About how many bytes of rows are read ahead. */
const CREDIT = 2 ** 20;

/**
 * Reads as of a commit: that of a view or a transaction, or the newest one of each call. A server does not keep each of its last commits for ever. If the newest one
 * that was told here is gone there, another one has been told meanwhile, and the call reads as of that.
 */
export class EngineReads implements Reads {
  readonly #backend: Backend;
  readonly #at: () => Tid;

  /** `at` gives the commit for each call. */
  constructor(backend: Backend, at: () => Tid) {
    this.#backend = backend;
    this.#at = at;
  }

  get<T>(collection: string, key: Uint8Array, make: (value: ReadValue) => T): Promise<T> {
    const at = this.#at();
    const state = { collection, key };
    const known = this.#backend.known?.(state, at);
    return known === undefined ? this.#load(state, at, make) : Promise.resolve(make(known));
  }

  #load<T>(key: StateKey, at: Tid, make: (value: ReadValue) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const take = (state: Loaded): void => {
        try {
          resolve(make(state));
        } catch (error) {
          reject(error);
        }
      };
      const fail = (error: unknown): void => {
        if (isLost(error)) resolve(this.#getAgain(error, at, () => this.get(key.collection, key.key, make)));
        else reject(error);
      };
      this.#backend.load(key, at, take, fail);
    });
  }

  async getMany<T>(collection: string, keys: readonly Uint8Array[], make: (value: ReadValue) => T): Promise<T[]> {
    const states = keys.map((key) => ({ collection, key }));
    return this.#read(async (at) => {
      const made = new Array<T>(keys.length);
      const places = new KeyPlaces(keys);
      let failed: { readonly error: unknown } | undefined;
      await this.#backend.engine.load(states, at, (state) => {
        try {
          made[places.of(state.key)] = make(state);
        } catch (error) {
          failed ??= { error };
        }
      });
      if (failed !== undefined) throw (failed as { readonly error: unknown }).error;
      return made;
    });
  }

  async range(collection: string, bounds: EngineBounds, take: (batch: RowBatch) => unknown): Promise<void> {
    let hasBegun = false;
    await this.#read(
      (at) =>
        this.#backend.engine.range(collection, bounds, at, CREDIT, (batch) => {
          hasBegun = true;
          return take(batch);
        }),
      () => !hasBegun,
    );
  }

  async count(collection: string, range: ByteRange): Promise<number> {
    return this.#read((at) => this.#backend.count(collection, range, at));
  }

  pipeline(toRead: StepsToRead): Promise<ReadStep[]> {
    return this.#read((at) => readWithEngine(this.#backend.engine, toRead, at));
  }

  /** Reads as of a commit; of another one if that is gone, and `isPossible`. */
  async #read<T>(read: (at: Tid) => Promise<T>, isPossible: () => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.#at();
      try {
        return await read(at);
      } catch (error) {
        if (!isLost(error) || !isPossible() || this.#at() === at) throw error;
      }
    }
  }

  async #getAgain<T>(error: unknown, at: Tid, get: () => Promise<T>): Promise<T> {
    if (this.#at() === at) throw error;
    return get();
  }
}

/** The places of keys in a list, by the keys themselves, not by their bytes. Nearly all are asked for in their order: a Map of all would take longer than the rest. */
class KeyPlaces {
  readonly #keys: readonly Uint8Array[];
  #next = 0;
  #all: Map<Uint8Array, number> | undefined;

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  of(key: Uint8Array): number {
    if (this.#keys[this.#next] === key) return this.#next++;
    this.#all ??= new Map(this.#keys.map((each, i) => [each, i]));
    const place = this.#all.get(key) as number;
    this.#next = place + 1;
    return place;
  }
}

function isLost(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SNAPSHOT_LOST';
}
