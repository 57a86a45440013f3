import { compareBytes } from '../../lease/bytes.ts';
import type { Duplicates } from '../import/duplicates.ts';
import type { SortedRows } from './sorted-run.ts';

/** How many rows are merged between two pauses, in which the event loop can run. */
const ROWS_A_PAUSE = 4096;

/**
 * Gives the rows of several sorted runs to `take`, in the order of their keys (with `pairs`, of keys and values). Of equal rows, it
 * gives that of the first or of the last run, as `duplicates` says. `pause` is awaited every few thousand rows.
 */
export async function merge(
  runs: readonly SortedRows[],
  pairs: boolean,
  duplicates: Duplicates,
  take: (row: SortedRows) => void | Promise<void>,
  pause: () => Promise<void>,
): Promise<void> {
  const heap = new Heap(pairs, duplicates);
  runs.forEach((run, age) => {
    if (run.next()) heap.push({ run, age });
  });
  let untilPause = ROWS_A_PAUSE;
  for (let first = heap.first(); first !== undefined; first = heap.first()) {
    const waits = take(first.run);
    if (waits !== undefined) await waits;
    heap.passEqual(first);
    if (--untilPause === 0) {
      untilPause = ROWS_A_PAUSE;
      await pause();
    }
  }
}

interface Head {
  readonly run: SortedRows;
  /** Later runs hold later rows. */
  readonly age: number;
}

/** A binary heap of runs, ordered by the key of their current row. Of equal keys, the row that is given comes first. */
class Heap {
  readonly #heads: Head[] = [];
  readonly #pairs: boolean;
  readonly #duplicates: Duplicates;
  readonly #firstStays: boolean;

  constructor(pairs: boolean, duplicates: Duplicates) {
    this.#pairs = pairs;
    this.#duplicates = duplicates;
    this.#firstStays = duplicates.firstStays;
  }

  first(): Head | undefined {
    return this.#heads[0];
  }

  push(head: Head): void {
    const heads = this.#heads;
    let at = heads.push(head) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#before(heads[parent] as Head, head)) break;
      heads[at] = heads[parent] as Head;
      at = parent;
    }
    heads[at] = head;
  }

  /** Moves the first run to its next row, and also all others whose current row has the same key. */
  passEqual(first: Head): void {
    const { run } = first;
    // The others are moved before the first one, whose bytes are gone once it has moved.
    for (;;) {
      const other = this.#second();
      if (other < 0 || this.#compare((this.#heads[other] as Head).run, run) !== 0) break;
      this.#duplicates.add(run.bytes, run.keyAt, run.keyLength);
      this.#advance(other);
    }
    this.#advance(0);
  }

  /** The index of the second smallest; -1 if there is none. */
  #second(): number {
    const heads = this.#heads;
    if (heads.length < 2) return -1;
    return heads.length > 2 && this.#before(heads[2] as Head, heads[1] as Head) ? 2 : 1;
  }

  #advance(index: number): void {
    const heads = this.#heads;
    const head = heads[index] as Head;
    if (head.run.next()) {
      this.#sink(index, head);
      return;
    }
    const last = heads.pop() as Head;
    if (index < heads.length) this.#sink(index, last);
  }

  /** Puts `head` at or below `index`. It must not be less than the heads above. */
  #sink(index: number, head: Head): void {
    const heads = this.#heads;
    let at = index;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heads.length) break;
      if (child + 1 < heads.length && this.#before(heads[child + 1] as Head, heads[child] as Head)) child++;
      if (this.#before(head, heads[child] as Head)) break;
      heads[at] = heads[child] as Head;
      at = child;
    }
    heads[at] = head;
  }

  #before(a: Head, b: Head): boolean {
    const order = this.#compare(a.run, b.run);
    if (order !== 0) return order < 0;
    return this.#firstStays ? a.age < b.age : a.age > b.age;
  }

  #compare(a: SortedRows, b: SortedRows): number {
    const order = compareBytes(a.bytes, a.keyAt, a.keyLength, b.bytes, b.keyAt, b.keyLength);
    if (order !== 0 || !this.#pairs) return order;
    return compareBytes(a.bytes, a.valueAt, a.valueLength, b.bytes, b.valueAt, b.valueLength);
  }
}
