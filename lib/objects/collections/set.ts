import { tagAs, wholly } from '../../base/inspect.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { keyCodecNamed } from '../../key/key-codecs.ts';
import type { Page } from '../../read/page.ts';
import { t } from '../class/field.ts';
import { takeElements } from '../class/initial-contents.ts';
import { identified, inspectHereAs, shown } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { refuseAssigning } from '../class/undeclared.ts';
import { type PersistentMapOptions, storeRows } from './map.ts';
import { addElement, elementOf, keyOfElement } from './object-elements.ts';
import { anyElement } from './object-key.ts';
import { RowIterator } from './row-iterator.ts';
import { pageOf } from './row-page.ts';
import { type EntriesOptions, readRange } from './row-range.ts';
import type { Rows } from './rows.ts';
import { keyCodecName, rowsOf } from './rows-of.ts';
import { addAll, elementsIn, everyIn, type SetLike } from './set-operations.ts';

const WHAT = 'a PersistentSet';

/**
 * An ordered set that is stored element by element: see PersistentMap. Elements are what keys of a map can be. A set without a codec can have persistent
 * objects, too: it refers to them, and they come behind all other elements, in the order of their ids.
 *
 * The operations of two sets are those of a Set. The other one can be anything with `size`, `has()` and `keys()`. What they make is a set that is stored when
 * something that is stored refers to it.
 */
class SetBody<K = unknown> {
  declare readonly codec: string;

  /**
   * A set that is stored when something that is stored refers to it, with the elements of an iterable: `new PersistentSet(['a', 'b'])`. The options can be the
   * first argument. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
   */
  constructor(
    elements?: Iterable<K> | PersistentMapOptions<K, unknown> | null,
    options?: PersistentMapOptions<K, unknown>,
  ) {
    (this as { codec: string }).codec = keyCodecName(takeElements(this, elements, options));
  }

  /** How many elements it has. The number is stored. A `transact` that reads it conflicts with all that add or delete elements. */
  get size(): number {
    return rowsOf(this, PersistentSet, WHAT, anyElement).size;
  }

  has(element: K): boolean {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
    const key = keyOfElement(this, rows, element);
    return key !== undefined && rows.has(key);
  }

  /** Adds an element. Outside of a write this is one commit. */
  add(element: K): this {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
    const key = keyOfElement(this, rows, element);
    if (key === undefined || !rows.has(key)) addElement(this, rows, element, WHAT);
    return this;
  }

  /** Deletes an element, and returns whether it was there. */
  delete(element: K): boolean {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
    const key = keyOfElement(this, rows, element);
    return key !== undefined && rows.delete(key, WHAT);
  }

  clear(): void {
    rowsOf(this, PersistentSet, WHAT, anyElement).clear(WHAT);
  }

  /** The elements in a range, in order. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  range(options?: EntriesOptions<K>): IterableIterator<K, undefined> {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
    return new RowIterator(rows, rangeOf(rows, options), true, (row) => elementOf(this, rows, row) as K);
  }

  /** The elements in a range as an array, as many as `limit` says, and the option `cursor` of the next page. */
  page(options: EntriesOptions<K> & { readonly limit: number }): Page<K> {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
    return pageOf(rows, rangeOf(rows, options), true, (row) => elementOf(this, rows, row) as K);
  }

  /** How many elements a range has. */
  count(options?: EntriesOptions<K>): number {
    const rows = rowsOf(this, PersistentSet, WHAT, anyElement);
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

  union(other: SetLike<K>): PersistentSet<K> {
    return addAll(
      copyOf(this, () => true),
      elementsIn(other),
      () => true,
    );
  }

  intersection(other: SetLike<K>): PersistentSet<K> {
    return copyOf(this, (element) => other.has(element));
  }

  difference(other: SetLike<K>): PersistentSet<K> {
    return copyOf(this, (element) => !other.has(element));
  }

  symmetricDifference(other: SetLike<K>): PersistentSet<K> {
    return addAll(this.difference(other), elementsIn(other), (element) => !this.has(element));
  }

  isSubsetOf(other: SetLike<K>): boolean {
    return this.size <= other.size && everyIn(this, (element) => other.has(element));
  }

  isSupersetOf(other: SetLike<K>): boolean {
    return this.size >= other.size && everyIn(elementsIn(other), (element) => this.has(element));
  }

  isDisjointFrom(other: SetLike<K>): boolean {
    return everyIn(this, (element) => !other.has(element));
  }

  toJSON(): K[] {
    return [...this];
  }
}

/** A set of the same codec with some of the elements. No method: an object that was loaded has no private ones. */
function copyOf<K>(set: SetBody<K>, wanted: (element: K) => boolean): PersistentSet<K> {
  const key = keyCodecNamed(set.codec) as KeyCodec<K, unknown> | undefined;
  return addAll(new PersistentSet<K>(key === undefined ? {} : { key }), set, wanted);
}

function rangeOf<K>(rows: Rows, options: EntriesOptions<K> | undefined): ReturnType<typeof readRange> {
  return readRange(rows.codec, options as EntriesOptions<unknown> | undefined);
}

refuseAssigning(SetBody.prototype, 'size', 'use add(), delete() or clear()');
Object.defineProperty(SetBody, 'name', { value: 'PersistentSet' });
tagAs(SetBody.prototype, 'PersistentSet', (self) => wholly(identified([...self])));
inspectHereAs(SetBody.prototype, 'PersistentSet', (self) => new Set([...self.range({ limit: 100 })].map(shown)));

export type PersistentSet<K = unknown> = SetBody<K>;
export const PersistentSet: new <K = unknown>(
  elements?: Iterable<K> | PersistentMapOptions<K, unknown> | null,
  options?: PersistentMapOptions<K, unknown>,
) => SetBody<K> = makePersistent(
  'leasehold.Set',
  { codec: t.utf8 },
  {},
  {
    onStore: storeRows,
    isFixed: true,
    fill: (set, elements) => {
      for (const element of elements as unknown[]) (set as SetBody).add(element);
    },
  },
)(SetBody as never) as never;
