import { Entry, EntryList } from '../structures/entry-list.ts';
import { Ghosts } from '../structures/ghosts.ts';
import { Policy } from './policy.ts';

/** The part of the cache for objects requested once, and the bytes of remembered keys as a part of the capacity. */
const NEW = 0.25;
const REMEMBERED = 0.5;

/**
 * 2Q, full version (T. Johnson, D. Shasha: 2Q: A Low Overhead High Performance Buffer Management Replacement Algorithm,
 * VLDB 1994). New objects go through a FIFO queue, A1in. The keys of those that leave it are remembered in A1out. An object
 * that is requested while its key is remembered enters Am, an LRU list.
 */
export class TwoQ extends Policy<Entry> {
  readonly #new = new EntryList();
  readonly #main = new EntryList();
  readonly #ghosts = new Ghosts();

  protected hit(entry: Entry): void {
    if (entry.list === this.#main && this.#main.renew(entry)) this.movedByHit();
  }

  protected admit(key: number, size: number): void {
    const list = this.#ghosts.delete(key) ? this.#main : this.#new;
    while (this.bytes + size > this.capacity) this.#evict();
    const entry = new Entry(key, size);
    list.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    (entry.list as EntryList).delete(entry);
  }

  #evict(): void {
    if (this.#new.bytes <= this.capacity * NEW && this.#main.oldest !== undefined) {
      this.leave(this.#main.shift() as Entry);
      return;
    }
    const entry = this.#new.shift() as Entry;
    this.leave(entry);
    this.#ghosts.push(entry.key, entry.size);
    this.#ghosts.trim(this.capacity * REMEMBERED);
  }
}
