import { Entry, EntryList } from '../structures/entry-list.ts';
import { Ghosts } from '../structures/ghosts.ts';
import { Policy } from './policy.ts';

/**
 * ARC (N. Megiddo, D. S. Modha: ARC: A Self-Tuning, Low Overhead Replacement Cache, FAST 2003), in bytes instead of pages.
 * T1 has objects requested once lately, T2 those requested again; B1 and B2 remember keys that have left them. A miss
 * whose key is in B1 or B2 makes T1 or T2 larger.
 */
export class Arc extends Policy<Entry> {
  readonly #once = new EntryList();
  readonly #again = new EntryList();
  readonly #onceGhosts = new Ghosts();
  readonly #againGhosts = new Ghosts();
  /** The bytes that T1 should have. */
  #target = 0;

  protected hit(entry: Entry): void {
    if (entry.list === this.#again) {
      if (this.#again.renew(entry)) this.movedByHit();
      return;
    }
    this.#once.delete(entry);
    this.#again.push(entry);
    this.movedByHit();
  }

  protected admit(key: number, size: number): void {
    const leftOnce = this.#onceGhosts.has(key);
    const leftAgain = this.#againGhosts.has(key);
    this.#adapt(leftOnce, leftAgain, size);
    this.#onceGhosts.delete(key);
    this.#againGhosts.delete(key);
    while (this.bytes + size > this.capacity) this.#evict(leftAgain);
    const entry = new Entry(key, size);
    (leftOnce || leftAgain ? this.#again : this.#once).push(entry);
    this.enter(entry);
    this.#onceGhosts.trim(this.capacity - this.#once.bytes);
    this.#againGhosts.trim(2 * this.capacity - this.bytes - this.#onceGhosts.bytes);
  }

  protected removed(entry: Entry): void {
    (entry.list as EntryList).delete(entry);
  }

  #adapt(leftOnce: boolean, leftAgain: boolean, size: number): void {
    const [once, again] = [this.#onceGhosts.bytes, this.#againGhosts.bytes];
    if (leftOnce) this.#target = Math.min(this.capacity, this.#target + size * Math.max(1, again / once));
    else if (leftAgain) this.#target = Math.max(0, this.#target - size * Math.max(1, once / again));
  }

  #evict(leftAgain: boolean): void {
    const { bytes } = this.#once;
    const fromOnce = bytes > 0 && (bytes > this.#target || (leftAgain && bytes === this.#target));
    const isOnce = fromOnce || this.#again.oldest === undefined;
    const entry = (isOnce ? this.#once : this.#again).shift() as Entry;
    this.leave(entry);
    (isOnce ? this.#onceGhosts : this.#againGhosts).push(entry.key, entry.size);
  }
}
