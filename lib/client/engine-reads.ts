import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds, EngineRow, Loaded, Tid } from '../versions/engine/engine.ts';
import type { Backend } from './backend.ts';
import type { Reads, ReadValue } from './reads.ts';

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

  async get(collection: string, key: Uint8Array): Promise<ReadValue> {
    return this.#read(async (at) => {
      let found: Loaded | undefined;
      await this.#backend.engine.load([{ collection, key }], at, (state) => {
        found = state;
      });
      return readValue(found as Loaded);
    });
  }

  async getMany(collection: string, keys: readonly Uint8Array[]): Promise<ReadValue[]> {
    const places = new Map(keys.map((key, i) => [key, i]));
    const states = keys.map((key) => ({ collection, key }));
    return this.#read(async (at) => {
      const found: ReadValue[] = [];
      await this.#backend.engine.load(states, at, (state) => {
        found[places.get(state.key) as number] = readValue(state);
      });
      return found;
    });
  }

  async range(collection: string, bounds: EngineBounds, take: (rows: readonly EngineRow[]) => unknown): Promise<void> {
    let hasBegun = false;
    await this.#read(
      (at) =>
        this.#backend.engine.range(collection, bounds, at, CREDIT, ({ rows }) => {
          hasBegun = true;
          return take(rows);
        }),
      () => !hasBegun,
    );
  }

  async count(collection: string, range: ByteRange): Promise<number> {
    return this.#read((at) => this.#backend.count(collection, range, at));
  }

  /** Reads as of a commit; of another one if that is gone, and `isPossible`. */
  async #read<T>(read: (at: Tid) => Promise<T>, isPossible: () => boolean = () => true): Promise<T> {
    for (;;) {
      const at = this.#at();
      try {
        return await read(at);
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code !== 'ERR_SNAPSHOT_LOST' || !isPossible() || this.#at() === at)
          throw error;
      }
    }
  }
}

function readValue({ tid, bytes }: Loaded): ReadValue {
  return { tid: bytes === undefined ? 0 : tid, bytes };
}
