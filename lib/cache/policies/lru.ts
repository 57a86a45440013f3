import { Entry, EntryList } from '../structures/entry-list.ts';
import { Policy } from './policy.ts';

/** Least recently used: the object whose last request is the longest ago leaves. Each hit changes the order. */
export class Lru extends Policy<Entry> {
  readonly #list = new EntryList();

  protected hit(entry: Entry): void {
    if (this.#list.renew(entry)) this.movedByHit();
  }

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
