/** The smallest block, in bytes. */
const SMALLEST = 256;

/**
 * A buddy system (K. C. Knowlton: A Fast Storage Allocator, CACM 1965): blocks of 256 bytes times a power of two. A free block
 * is split in halves until it has the size that is asked for, and a block that becomes free is joined with its other half.
 */
export class BuddyAllocator {
  /** The size of the largest block, in bytes. */
  readonly largest: number = 0;
  /** For each order, the addresses of free blocks. A block of order n has SMALLEST * 2 ** n bytes. */
  readonly #free: Set<number>[] = [];

  /** Manages `capacity` bytes, but for less than SMALLEST at the end. */
  constructor(capacity: number) {
    const blocks = Math.floor(capacity / SMALLEST);
    // One block for each bit of their number, the largest first: so each begins at a multiple of its size.
    let address = 0;
    for (let order = Math.floor(Math.log2(blocks)); order >= 0; order--) {
      const bytes = SMALLEST * 2 ** order;
      const fits = address + bytes <= blocks * SMALLEST;
      this.#free[order] = new Set(fits ? [address] : []);
      if (!fits) continue;
      address += bytes;
      this.largest = Math.max(this.largest, bytes);
    }
  }

  /** The address of a block with at least `size` bytes; undefined if there is no free one. */
  allocate(size: number): number | undefined {
    const order = orderOf(size);
    let from = order;
    while (from < this.#free.length && (this.#free[from] as Set<number>).size === 0) from++;
    if (from >= this.#free.length) return undefined;
    const [address] = this.#free[from] as Set<number>;
    this.#free[from]?.delete(address as number);
    while (from > order) {
      from--;
      this.#free[from]?.add((address as number) + SMALLEST * 2 ** from);
    }
    return address;
  }

  /** Frees the block that `allocate(size)` gave. */
  free(address: number, size: number): void {
    let block = address;
    for (let order = orderOf(size); ; order++) {
      const bytes = SMALLEST * 2 ** order;
      const buddy = (block / bytes) % 2 === 0 ? block + bytes : block - bytes;
      const free = this.#free[order] as Set<number>;
      // The largest block has no buddy.
      if (!free.delete(buddy)) {
        free.add(block);
        return;
      }
      block = Math.min(block, buddy);
    }
  }
}

/** The order of the smallest block that has `size` bytes. */
function orderOf(size: number): number {
  let order = 0;
  for (let bytes = SMALLEST; bytes < size; bytes *= 2) order++;
  return order;
}
