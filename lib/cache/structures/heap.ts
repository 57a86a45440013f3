/** What a Heap has. */
export interface HeapItem {
  priority: number;
  /** Of two with the same priority, the one with the smaller number is first. */
  order: number;
  /** Its place in the heap, which the heap notes. */
  place: number;
}

/** A binary heap, the smallest priority first, whose items may leave and may change their priority. */
export class Heap<T extends HeapItem> {
  readonly #items: T[] = [];

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#put(item, this.#items.length);
    this.#rise(item);
  }

  delete(item: T): void {
    const last = this.#items.pop() as T;
    if (last === item) return;
    this.#put(last, item.place);
    this.changed(last);
  }

  /** To be called when an item has another priority. */
  changed(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const parent = this.#items[(item.place - 1) >>> 1] as T;
      if (!isBefore(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.place + 1];
      if (left === undefined) return;
      const right = this.#items[2 * item.place + 2];
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, item)) return;
      this.#swap(child, item);
    }
  }

  #swap(a: T, b: T): void {
    const { place } = a;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}

function isBefore(a: HeapItem, b: HeapItem): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.order < b.order);
}
