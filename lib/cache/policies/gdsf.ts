import { Heap, type HeapItem } from '../structures/heap.ts';
import { type CachedObject, Policy } from './policy.ts';

interface Ranked extends CachedObject, HeapItem {
  requests: number;
}

/**
 * Greedy dual, size and frequency (L. Cherkasova: Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching
 * Policy, HP Labs 1998). The object with the least requests a byte leaves. What leaves raises the rank of all later requests, so that
 * objects that were popular once leave in the end. A hit changes the order.
 */
export class Gdsf extends Policy<Ranked> {
  readonly #heap = new Heap<Ranked>();
  #age = 0;
  #order = 0;

  protected hit(object: Ranked): void {
    object.requests++;
    this.#rank(object);
    this.#heap.changed(object);
    this.movedByHit();
  }

  protected admit(key: number, size: number): void {
    while (this.bytes + size > this.capacity) {
      const victim = this.#heap.first as Ranked;
      this.#age = victim.priority;
      this.#heap.delete(victim);
      this.leave(victim);
    }
    const object = { key, size, requests: 1, priority: 0, order: 0, place: 0 };
    this.#rank(object);
    this.#heap.push(object);
    this.enter(object);
  }

  protected removed(object: Ranked): void {
    this.#heap.delete(object);
  }

  #rank(object: Ranked): void {
    object.priority = this.#age + object.requests / object.size;
    object.order = this.#order++;
  }
}
