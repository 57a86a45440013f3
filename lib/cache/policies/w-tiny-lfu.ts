import { Entry, EntryList } from '../structures/entry-list.ts';
import { FrequencySketch } from '../structures/frequency-sketch.ts';
import { Policy } from './policy.ts';

/** The window, as a part of the capacity; protected objects, as a part of the main cache. */
const WINDOW = 0.01;
const PROTECTED = 0.8;
/** The size that objects are taken to have, where the number of counters is chosen. */
const USUAL_SIZE = 512;

/**
 * W-TinyLFU (G. Einziger, R. Friedman, B. Manes: TinyLFU: A Highly Efficient Cache Admission Policy, ACM Transactions on
 * Storage, 2017). New objects enter a window, an LRU list. What leaves the window enters the main cache only if a sketch says
 * that it is requested more often than the objects, taken together, that would have to leave (G. Einziger, O. Eytan, R. Friedman,
 * B. Manes: Lightweight Robust Size Aware Cache Management, 2022, "aggregated victims"). The main cache is a segmented LRU list.
 */
export class WTinyLfu extends Policy<Entry> {
  readonly #window = new EntryList();
  readonly #probation = new EntryList();
  readonly #protected = new EntryList();
  readonly #sketch: FrequencySketch = new FrequencySketch(Math.min(this.capacity / USUAL_SIZE, 2 ** 24));
  readonly #windowBytes: number = Math.ceil(this.capacity * WINDOW);
  readonly #mainBytes: number = this.capacity - this.#windowBytes;

  protected override get largest(): number {
    return this.#mainBytes;
  }

  override access(key: number, size: number): boolean {
    this.#sketch.add(key);
    return super.access(key, size);
  }

  protected hit(entry: Entry): void {
    if (entry.list !== this.#probation) {
      if ((entry.list as EntryList).renew(entry)) this.movedByHit();
      return;
    }
    this.#probation.delete(entry);
    this.#protected.push(entry);
    this.movedByHit();
    while (this.#protected.bytes > this.#mainBytes * PROTECTED) {
      this.#probation.push(this.#protected.shift() as Entry);
      this.movedByHit();
    }
  }

  protected admit(key: number, size: number): void {
    const entry = new Entry(key, size);
    if (size > this.#windowBytes) {
      // It would push everything out of the window, itself too.
      if (!this.#makeRoom(entry)) return;
      this.#probation.push(entry);
      this.enter(entry);
      return;
    }
    while (this.#window.bytes + size > this.#windowBytes) {
      const candidate = this.#window.shift() as Entry;
      if (this.#makeRoom(candidate)) {
        this.#probation.push(candidate);
        this.writes++;
      } else {
        this.leave(candidate);
      }
    }
    this.#window.push(entry);
    this.enter(entry);
  }

  protected removed(entry: Entry): void {
    (entry.list as EntryList).delete(entry);
  }

  /** Makes room in the main cache, unless the objects that would have to leave are worth more than the candidate. */
  #makeRoom(candidate: Entry): boolean {
    const over = this.#probation.bytes + this.#protected.bytes + candidate.size - this.#mainBytes;
    const frequency = this.#sketch.estimate(candidate.key);
    const victims: Entry[] = [];
    let freed = 0;
    let worth = 0;
    let next = this.#probation.oldest ?? this.#protected.oldest;
    while (freed < over && next !== undefined) {
      worth += this.#sketch.estimate(next.key);
      if (worth >= frequency) return false;
      victims.push(next);
      freed += next.size;
      next = next.newer ?? (next.list === this.#probation ? this.#protected.oldest : undefined);
    }
    for (const victim of victims) {
      this.leave(victim);
      this.removed(victim);
    }
    return true;
  }
}
