import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

/** First in, first out: hits change nothing. */
export class Fifo extends Policy<Entry> {
  readonly #list = new EntryList();

  protected hit(): void {}

  protected admit(key: number, size: number): void {
    while (this.bytes + size > this.capacity) this.leave(this.#list.shift() as Entry);
    const entry = new Entry(key, size);
    this.#list.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    this.#list.delete(entry);
  }
}
