/** An object in a cache, as its policy sees it. */
export interface CachedObject {
  readonly key: number;
  /** In bytes. */
  readonly size: number;
}

/**
 * A replacement policy: it decides which objects enter a cache that is bounded in bytes, and which leave it. A policy
 * keeps no contents. Keys are integers of at least 0, sizes are integers of at least 1.
 *
 * Policies are compared by hits and by what they make a cache on disk write. So each counts, as if the cache were a file
 * in which the order of replacement is stored: entries that enter, are copied, or change their place in that order. Bits
 * and counters are not counted, since a cache can have those in memory.
 */
export abstract class Policy<T extends CachedObject = CachedObject> {
  /** The bound, in bytes. */
  readonly capacity: number;
  /** Entries written so far. */
  writes: number = 0;
  /** How many of `writes` were made by hits. */
  hitWrites: number = 0;
  /** Bytes of the objects that have been stored or copied so far. */
  bytesWritten: number = 0;
  #bytes = 0;
  readonly #objects: Map<number, T> = new Map();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Bytes of the objects in the cache, at most `capacity`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many objects are in the cache. */
  get count(): number {
    return this.#objects.size;
  }

  has(key: number): boolean {
    return this.#objects.has(key);
  }

  /**
   * A request for an object. Returns whether the object was in the cache. If it was not, it is fetched, and the policy may
   * let it enter and others leave. While an object is in the cache, its size is the one with which it entered.
   */
  access(key: number, size: number): boolean {
    const object = this.#objects.get(key);
    if (object !== undefined) {
      this.hit(object);
      return true;
    }
    if (size <= this.largest) this.admit(key, size);
    return false;
  }

  /** Takes an object out, since it has changed. Returns whether it was in the cache. */
  remove(key: number): boolean {
    const object = this.#objects.get(key);
    if (object === undefined) return false;
    this.leave(object);
    this.removed(object);
    return true;
  }

  /** Larger objects never enter. */
  protected get largest(): number {
    return this.capacity;
  }

  protected abstract hit(object: T): void;
  /** To make room, and then to call `enter`; or not, if the object shall not enter. */
  protected abstract admit(key: number, size: number): void;
  /** The program has removed an object: forget its place. */
  protected abstract removed(object: T): void;
  protected enter(object: T): void {
    this.#objects.set(object.key, object);
    this.#bytes += object.size;
    this.writes++;
    this.bytesWritten += object.size;
  }

  protected leave(object: T): void {
    this.#objects.delete(object.key);
    this.#bytes -= object.size;
  }

  /** A hit changed the place of an object. */
  protected movedByHit(): void {
    this.writes++;
    this.hitWrites++;
  }
}
