import type { GhostTable } from '../structures/ghost-table.ts';
import type { HitCounters } from '../structures/hit-counters.ts';
import { TypicalSize } from '../structures/typical-size.ts';

/** The part of the capacity for new objects, and the bytes of remembered hashes as a part of the capacity. */
const SMALL = 0.1;
export const REMEMBERED: number = 0.9;
/** Without regard to sizes, a new object moves to the main queue if it has been hit so often. */
const PROMOTED = 2;

/** An object in a queue. */
export interface Queued {
  /** A u32 of the key. */
  readonly hash: number;
  /** In bytes. */
  readonly size: number;
}

/** A queue of objects. In a cache on disk it is stored there; here nothing is known of how. */
export interface FifoQueue<T extends Queued> {
  /** Bytes of its objects. */
  readonly bytes: number;
  /** Puts an object at the end. */
  push(object: T): void;
  /** Takes the oldest object out; undefined if there is none. */
  shift(): T | undefined;
}

/** The parts of an S3-FIFO cache. */
export interface S3FifoParts<T extends Queued> {
  /** The bound for both queues together, in bytes. */
  readonly capacity: number;
  readonly small: FifoQueue<T>;
  readonly main: FifoQueue<T>;
  readonly counters: HitCounters;
  readonly ghosts: GhostTable;
  /** False: the policy as it was published, in which sizes count for nothing but the bound. By default true. */
  readonly regardsSizes?: boolean;
  /** An object leaves the cache: its queue no longer has it. */
  evicted(object: T): void;
}

/**
 * S3-FIFO (J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi: FIFO Queues are All You Need for Cache Eviction, SOSP 2023), with
 * regard to sizes. New objects enter a small queue. Those that are hit there move on to the main queue, where hits buy another
 * round; the hashes of the others are remembered, and an object whose hash is remembered enters the main queue at once. A
 * hit writes nothing but a counter.
 *
 * Sizes are our addition: a miss costs a trip whatever the size, so small objects are worth more a byte. A large object needs
 * several hits for a round, and a small one is given hits when it enters a queue (TypicalSize). docs/cache.md has the figures.
 */
export class S3Fifo<T extends Queued> {
  readonly #parts: S3FifoParts<T>;
  readonly #smallBytes: number;
  readonly #sizes: TypicalSize | undefined;

  constructor(parts: S3FifoParts<T>) {
    this.#parts = parts;
    this.#smallBytes = Math.floor(parts.capacity * SMALL);
    this.#sizes = parts.regardsSizes === false ? undefined : new TypicalSize();
  }

  hit(hash: number): void {
    this.#parts.counters.hit(hash);
  }

  /**
   * Takes an object in, and lets others leave to make room. Returns whether the object has entered. One that is larger
   * than the small queue does not enter when it is requested for the first time: it would push out all that is new.
   */
  admit(object: T): boolean {
    const { small, main, counters, ghosts, capacity } = this.#parts;
    const { hash, size } = object;
    if (size > capacity) return false;
    const isKnown = ghosts.take(hash);
    if (!isKnown && size > this.#smallBytes) {
      ghosts.add(hash, size);
      return false;
    }
    this.makeRoom(size);
    this.#sizes?.add(size);
    counters.set(hash, this.#sizes?.credit(size) ?? 0);
    (isKnown ? main : small).push(object);
    return true;
  }

  /** Lets objects leave until there is room for `bytes` more bytes, or none is left. */
  makeRoom(bytes: number): void {
    const { small, main, capacity } = this.#parts;
    while (small.bytes + main.bytes + bytes > capacity && small.bytes + main.bytes > 0) {
      if (small.bytes > this.#smallBytes || main.bytes === 0) this.#evictNew();
      else this.#evictOld();
    }
  }

  /** Moves objects from the small queue to the main one, up to the first that has to leave. */
  #evictNew(): void {
    const { small, main, counters, ghosts, evicted } = this.#parts;
    for (let object = small.shift(); object !== undefined; object = small.shift()) {
      const { hash, size } = object;
      if (counters.get(hash) >= (this.#sizes?.price(size) ?? PROMOTED)) {
        counters.set(hash, this.#sizes?.credit(size) ?? 0);
        main.push(object);
      } else {
        ghosts.add(hash, size);
        evicted(object);
        return;
      }
    }
  }

  /** Gives objects of the main queue another round, up to the first that cannot pay for it with hits. */
  #evictOld(): void {
    const { main, counters, evicted } = this.#parts;
    for (let object = main.shift(); object !== undefined; object = main.shift()) {
      const { hash, size } = object;
      const hits = counters.get(hash) - (this.#sizes?.price(size) ?? 1);
      if (hits < 0) {
        evicted(object);
        return;
      }
      counters.set(hash, hits);
      main.push(object);
    }
  }
}
