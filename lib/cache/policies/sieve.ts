import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

/**
 * SIEVE (Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi: SIEVE is Simpler than LRU, NSDI 2024). A hit sets a bit. A
 * hand goes from the oldest object to the newest, clears bits, and removes the first object whose bit is not set. Unlike
 * in CLOCK, objects stay where they are: those that survive stand between old and new ones.
 */
export class Sieve extends Policy<Entry> {
  readonly #list = new EntryList();
  /** The object that is looked at next; undefined: the oldest. */
  #hand: Entry | undefined;

  protected hit(entry: Entry): void {
    entry.mark = 1;
  }

  protected admit(key: number, size: number): void {
    while (this.bytes + size > this.capacity) {
      let entry = this.#hand ?? (this.#list.oldest as Entry);
      while (entry.mark === 1) {
        entry.mark = 0;
        entry = entry.newer ?? (this.#list.oldest as Entry);
      }
      this.#hand = entry;
      this.leave(entry);
      this.removed(entry);
    }
    const entry = new Entry(key, size);
    this.#list.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    if (this.#hand === entry) this.#hand = entry.newer;
    this.#list.delete(entry);
  }
}
