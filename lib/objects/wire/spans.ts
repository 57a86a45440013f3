import { OwnMap } from '../../base/own-map.ts';
import { latin1Slice } from '../../base/platform.ts';
import { ITEMS } from '../../catalog/own-collections.ts';
import { ID_BYTES } from '../../key/object-id.ts';
import { compareKeys } from '../../versions/byte-range.ts';
import type { Change, Tid } from '../../versions/engine/engine.ts';
import type { Known } from './known-states.ts';

/** Keys of a collection from `lower` on and before `upper`; undefined is the end of all keys. */
export interface KeyRange {
  readonly collection: string;
  readonly lower: Uint8Array;
  readonly upper: Uint8Array | undefined;
}

/** A range of which all rows are here. It never changes. */
export interface Span extends KeyRange {
  /** In the order of their keys. */
  readonly rows: readonly Known[];
  /** The commit as of which they were read. */
  readonly tid: Tid;
}

/** The ranges that are known whole. Those of one persistent collection are found by its id. */
export class Spans {
  readonly #lists = new OwnMap<string, readonly Span[]>();
  readonly #most: number;
  #rows = 0;

  /** `most`: how many rows there are at most; when there are more, all are forgotten. */
  constructor(most: number = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  add(span: Span): void {
    this.#rows += span.rows.length + 1;
    if (this.#rows > this.#most) this.clear();
    const name = listName(span.collection, span.lower);
    this.#lists.set(name, [...(this.#lists.get(name) ?? []), span]);
  }

  /**
   * A span that has the keys just from a key on, or, `reverse`, just before it (undefined: at the end), and that was read as of a commit up to `at`. `owner`: any key
   * of the same persistent collection.
   */
  find(
    collection: string,
    key: Uint8Array | undefined,
    reverse: boolean,
    at: Tid,
    owner: Uint8Array,
  ): Span | undefined {
    const list = this.#lists.get(listName(collection, owner));
    return list?.find(({ lower, upper, tid }) => {
      if (tid > at) return false;
      if (key === undefined) return upper === undefined;
      const begin = compareKeys(lower, key);
      const end = upper === undefined ? 1 : compareKeys(upper, key);
      return reverse ? begin < 0 && end >= 0 : begin <= 0 && end > 0;
    });
  }

  /** Forgets those in which a commit has changed something. */
  apply({ changes }: Change): void {
    for (const { collection, keys } of changes) {
      if (keys === undefined) this.clear();
      else for (const key of keys) this.#forget(collection, key);
    }
  }

  forEach(fn: (span: Span) => void): void {
    this.#lists.forEach((list) => {
      for (const span of list) fn(span);
    });
  }

  clear(): void {
    this.#lists.clear();
    this.#rows = 0;
  }

  #forget(collection: string, key: Uint8Array): void {
    const name = listName(collection, key);
    const list = this.#lists.get(name);
    if (list === undefined) return;
    const left = list.filter(({ lower, upper }) => !isBetween(key, lower, upper));
    if (left.length === list.length) return;
    if (left.length === 0) this.#lists.delete(name);
    else this.#lists.set(name, left);
  }
}

/** The same for all ranges of one persistent collection, whose rows begin with its id. */
export function listName(collection: string, key: Uint8Array | undefined): string {
  return collection === ITEMS && key !== undefined ? latin1Slice(key, 0, ID_BYTES) : collection;
}

function isBetween(key: Uint8Array, lower: Uint8Array, upper: Uint8Array | undefined): boolean {
  return compareKeys(key, lower) >= 0 && (upper === undefined || compareKeys(key, upper) < 0);
}

/** The place of the first row whose key does not come before a key. */
export function placeOf(rows: readonly Known[], key: Uint8Array): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys((rows[middle] as Known).key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
