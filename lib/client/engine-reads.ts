import type { ByteRange } from '../read/bounds.ts';
import type { EngineBounds, EngineRow, Loaded, Tid } from '../versions/engine/engine.ts';
import type { Backend } from './backend.ts';
import type { Reads, ReadValue } from './reads.ts';

/** About how many bytes of rows are read ahead. */
const CREDIT = 2 ** 20;

/** Reads as of one commit. */
export class EngineReads implements Reads {
  readonly #backend: Backend;
  readonly #at: () => Tid;

  /** `at` gives the commit for each call. */
  constructor(backend: Backend, at: () => Tid) {
    this.#backend = backend;
    this.#at = at;
  }

  async get(collection: string, key: Uint8Array): Promise<ReadValue> {
    let found: Loaded | undefined;
    await this.#backend.engine.load([{ collection, key }], this.#at(), (state) => {
      found = state;
    });
    return readValue(found as Loaded);
  }

  async getMany(collection: string, keys: readonly Uint8Array[]): Promise<ReadValue[]> {
    const places = new Map(keys.map((key, i) => [key, i]));
    const found: ReadValue[] = [];
    await this.#backend.engine.load(
      keys.map((key) => ({ collection, key })),
      this.#at(),
      (state) => {
        found[places.get(state.key) as number] = readValue(state);
      },
    );
    return found;
  }

  range(collection: string, bounds: EngineBounds, take: (rows: readonly EngineRow[]) => unknown): Promise<void> {
    return this.#backend.engine.range(collection, bounds, this.#at(), CREDIT, ({ rows }) => take(rows));
  }

  count(collection: string, range: ByteRange): Promise<number> {
    return this.#backend.count(collection, range, this.#at());
  }
}

function readValue({ tid, bytes }: Loaded): ReadValue {
  return { tid: bytes === undefined ? 0 : tid, bytes };
}
