/**
 * What the model knows of a store. A place is a record (`o/` and the number of the object) or a row of a collection (`r/`, the number of the collection, and
 * the key). Its value is never changed: a change puts another one there.
 */
export type Cells = Map<string, unknown>;

/** All commits: the values of each place. */
export class Log {
  tid: number;
  readonly #states = new Map<string, { readonly tid: number; readonly value: unknown }[]>();

  constructor(tid: number) {
    this.tid = tid;
  }

  /** The value of a place as of a commit; undefined if there is none. */
  at(place: string, tid: number): unknown {
    return this.#states.get(place)?.findLast((state) => state.tid <= tid)?.value;
  }

  /** The places that have a value now. */
  places(): string[] {
    return [...this.#states.keys()].filter((place) => this.at(place, this.tid) !== undefined);
  }

  /** Adds a commit. `oldest`: the oldest one that somebody can still see. */
  commit(cells: Cells, oldest: number): void {
    this.tid++;
    for (const [place, value] of cells) {
      const states = this.#states.get(place) ?? [];
      this.#states.set(place, states);
      states.push({ tid: this.tid, value });
      const needed = states.findLastIndex((state) => state.tid <= oldest);
      if (needed > 0) states.splice(0, needed);
    }
  }
}

/** What a running transaction has changed, on top of what it sees. */
export class Layer {
  /** Places and what they hold now; undefined for those that were deleted. */
  readonly changed: Cells = new Map();
  /** What the objects were that this transaction has stored, by number. A rollback restores that. */
  readonly stored: Map<number, Cells> = new Map();
  /** What an optimistic transaction has read, and where it cannot be said exactly: collections. */
  readonly read: Set<string> = new Set();
  readonly vague: Set<string> = new Set();
  readonly #below: (place: string) => unknown;

  constructor(below: (place: string) => unknown) {
    this.#below = below;
  }

  get(place: string): unknown {
    return this.changed.has(place) ? this.changed.get(place) : this.#below(place);
  }

  below(place: string): unknown {
    return this.#below(place);
  }

  merge(inner: Layer): void {
    for (const [place, value] of inner.changed) this.changed.set(place, value);
    for (const [serial, cells] of inner.stored) if (!this.stored.has(serial)) this.stored.set(serial, cells);
  }
}
