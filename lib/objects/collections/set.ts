import { inspectAs, tagAs, wholly } from '../../base/inspect.ts';
import type { Page } from '../../read/page.ts';
import { t } from '../class/field.ts';
import { identified } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { type PersistentMapOptions, storeRows } from './map.ts';
import { pageOf } from './row-page.ts';
import { type EntriesOptions, readRange } from './row-range.ts';
import type { Rows } from './rows.ts';
import { keyCodecName, rowsOf } from './rows-of.ts';

const WHAT = 'a PersistentSet';

/**
 * An ordered set of keys that is stored element by element: see PersistentMap. Elements are what keys of a map can be; for a set of objects, use a
 * PersistentMap from something that names them.
 */
class SetBody<K = unknown> {
  declare readonly codec: string;

  /** A set that is stored when something that is stored refers to it. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
  constructor(options?: PersistentMapOptions<K, unknown>) {
    (this as { codec: string }).codec = keyCodecName(options as PersistentMapOptions<never, unknown> | undefined);
  }

  /** How many elements it has. The number is stored. A `transact` that reads it conflicts with all that add or delete elements. */
  get size(): number {
    return rowsOf(this, PersistentSet, WHAT).size;
  }

  has(element: K): boolean {
    return rowsOf(this, PersistentSet, WHAT).has(element);
  }

  /** Adds an element. Outside of a write this is one commit. */
  add(element: K): this {
    const rows = rowsOf(this, PersistentSet, WHAT);
    if (!rows.has(element)) rows.set(element, true, WHAT);
    return this;
  }

  /** Deletes an element, and returns whether it was there. */
  delete(element: K): boolean {
    return rowsOf(this, PersistentSet, WHAT).delete(element, WHAT);
  }

  clear(): void {
    rowsOf(this, PersistentSet, WHAT).clear(WHAT);
  }

  /** The elements in a range, in order. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  range(options?: EntriesOptions<K>): IterableIterator<K, undefined> {
    const rows = rowsOf(this, PersistentSet, WHAT);
    return rows.keys(rangeOf(rows, options)) as IterableIterator<K, undefined>;
  }

  /** The elements in a range as an array, as many as `limit` says, and the option `cursor` of the next page. */
  page(options: EntriesOptions<K> & { readonly limit: number }): Page<K> {
    const rows = rowsOf(this, PersistentSet, WHAT);
    return pageOf(rows, rangeOf(rows, options), true, ({ raw }) => rows.keyOf(raw) as K);
  }

  /** How many elements a range has. */
  count(options?: EntriesOptions<K>): number {
    const rows = rowsOf(this, PersistentSet, WHAT);
    return options === undefined ? rows.size : rows.count(rangeOf(rows, options));
  }

  keys(): IterableIterator<K, undefined> {
    return this.range();
  }

  values(): IterableIterator<K, undefined> {
    return this.range();
  }

  *entries(): IterableIterator<[K, K], undefined> {
    for (const element of this.range()) yield [element, element];
  }

  forEach(fn: (element: K, same: K, set: this) => void, self?: unknown): void {
    for (const element of this.range()) fn.call(self, element, element, this);
  }

  [Symbol.iterator](): IterableIterator<K, undefined> {
    return this.range();
  }

  toJSON(): K[] {
    return [...this];
  }
}

function rangeOf<K>(rows: Rows, options: EntriesOptions<K> | undefined): ReturnType<typeof readRange> {
  return readRange(rows.codec, options as EntriesOptions<unknown> | undefined);
}

Object.defineProperty(SetBody, 'name', { value: 'PersistentSet' });
tagAs(SetBody.prototype, 'PersistentSet', (self) => wholly(identified([...self])));
inspectAs(SetBody.prototype, (self) => new Set(self.range({ limit: 100 })));

export type PersistentSet<K = unknown> = SetBody<K>;
export const PersistentSet: new <K = unknown>(options?: PersistentMapOptions<K, unknown>) => SetBody<K> =
  makePersistent('leasehold.Set', { codec: t.utf8 }, {}, { onStore: storeRows })(SetBody as never) as never;
