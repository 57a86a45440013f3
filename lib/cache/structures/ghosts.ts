/** Keys of objects that have left a cache, the oldest first, bounded by the bytes that the objects had. */
export class Ghosts {
  bytes: number = 0;
  readonly #sizes: Map<number, number> = new Map();

  has(key: number): boolean {
    return this.#sizes.has(key);
  }

  /** Adds a key that is not here, as the newest one. */
  push(key: number, size: number): void {
    this.#sizes.set(key, size);
    this.bytes += size;
  }

  /** Takes a key out. Returns whether it was here. */
  delete(key: number): boolean {
    const size = this.#sizes.get(key);
    if (size === undefined) return false;
    this.#sizes.delete(key);
    this.bytes -= size;
    return true;
  }

  /** Takes the oldest keys out until the bytes are at most `limit`. */
  trim(limit: number): void {
    for (const key of this.#sizes.keys()) {
      if (this.bytes <= limit) return;
      this.delete(key);
    }
  }
}
