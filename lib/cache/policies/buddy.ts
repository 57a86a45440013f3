import { BuddyAllocator } from '../structures/buddy-allocator.ts';
import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

/**
 * The buddy cache, with which ZEO's developers compared its two files (simul.py of ZODB 3.2): LRU over a buddy allocator. The least recently
 * used objects leave until a free block is large enough, even if there are enough free bytes in smaller blocks.
 */
export class Buddy extends Policy<Entry> {
  readonly #list = new EntryList();
  readonly #allocator: BuddyAllocator = new BuddyAllocator(this.capacity);

  protected override get largest(): number {
    return this.#allocator.largest;
  }

  protected hit(entry: Entry): void {
    if (this.#list.renew(entry)) this.movedByHit();
  }

  protected admit(key: number, size: number): void {
    let address = this.#allocator.allocate(size);
    while (address === undefined) {
      const victim = this.#list.oldest as Entry;
      this.leave(victim);
      this.removed(victim);
      address = this.#allocator.allocate(size);
    }
    const entry = new Entry(key, size);
    entry.mark = address;
    this.#list.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    this.#list.delete(entry);
    this.#allocator.free(entry.mark, entry.size);
  }
}
