import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

/**
 * CLOCK, the second chance (F. J. Corbató: A Paging Experiment with the Multics System, 1968). A hit sets a bit. The oldest
 * object leaves if its bit is not set; else the bit is cleared, and the object becomes the newest. In a file this is a hand
 * that goes around, so passing an object writes nothing.
 */
export class Clock extends Policy<Entry> {
  readonly #list = new EntryList();

  protected hit(entry: Entry): void {
    entry.mark = 1;
  }

  protected admit(key: number, size: number): void {
    while (this.bytes + size > this.capacity) {
      const entry = this.#list.shift() as Entry;
      if (entry.mark === 0) this.leave(entry);
      else this.#list.push(entry);
      entry.mark = 0;
    }
    const entry = new Entry(key, size);
    this.#list.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    this.#list.delete(entry);
  }
}
