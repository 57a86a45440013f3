import { invalidType, outOfRange } from '../../base/errors.ts';
import { tagAs, wholly } from '../../base/inspect.ts';
import { takeElements } from '../class/initial-contents.ts';
import { identified, inspectHereAs, shown } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { refuseAssigning } from '../class/undeclared.ts';
import { definitionIn, handleOf, rowsBehind, setRows } from '../handle.ts';
import type { ViewTxn } from '../model.ts';
import { insertAt, pushBehind, removeLast } from './list-rows.ts';
import { rawKey } from './row-key.ts';
import { ALL } from './row-range.ts';
import { Rows } from './rows.ts';

const WHAT = 'a PersistentList';

function listRows(list: object): Rows {
  const handle = handleOf(list);
  if (handle === undefined || !definitionIn(handle).extends(PersistentList)) throw invalidType('this', WHAT, list);
  return (rowsBehind(handle) as Rows | undefined) ?? setRows(handle, new Rows(handle, rawKey, PersistentList));
}

/**
 * A list that is stored element by element: nothing is loaded whole, an insertion writes what it inserts and nothing else, and two transactions that
 * push do not conflict: what they push is in either order. Elements are plain values and persistent objects.
 *
 * Methods have the meaning of those of an Array, but for this: `push`, `unshift` and `insert` return nothing, since a `transact` that knew the length would
 * conflict with all that change it. An iterator goes on behind the element that it gave last, whatever was inserted or deleted meanwhile.
 */
class ListBody<V = unknown> {
  /** A list that is stored when something that is stored refers to it, with the elements of an iterable. `ERR_INVALID_ARG_TYPE`, `ERR_NOT_PERSISTENT`. */
  constructor(elements?: Iterable<V> | null) {
    const other = takeElements(this, elements);
    if (other !== undefined) throw invalidType('what new PersistentList() takes', 'an iterable', other);
  }

  /** How many elements it has. The number is stored. A `transact` that reads it conflicts with all that insert or delete elements. */
  get length(): number {
    return listRows(this).size;
  }

  /** The element at an index, or from the end for a negative one; undefined if there is none. Elements are counted by pages, and not read. */
  at(index: number): V | undefined {
    const rows = listRows(this);
    const [row] = rows.page(rangeAt(index), false);
    return row === undefined ? undefined : (rows.valueOf(row) as V);
  }

  /** Replaces the element at an index that is there. `ERR_OUT_OF_RANGE`, `ERR_NOT_PERSISTENT`. */
  set(index: number, value: V): void {
    const rows = listRows(this);
    const path = `${WHAT}[${index}]`;
    rows.change(path, () => {
      const [row] = rows.page(rangeAt(index), true);
      if (row === undefined) throw outOfRange('index', 'the index of an element', index);
      rows.set(row.raw, value, path);
    });
  }

  push(...values: V[]): void {
    pushBehind(listRows(this), values, WHAT);
  }

  /** Deletes the last element, and returns it. */
  pop(): V | undefined {
    return removeLast(listRows(this), true, WHAT) as V | undefined;
  }

  /** Deletes the first element, and returns it. */
  shift(): V | undefined {
    return removeLast(listRows(this), false, WHAT) as V | undefined;
  }

  unshift(...values: V[]): void {
    insertAt(listRows(this), 0, 0, values, WHAT);
  }

  /** Inserts elements before the one at an index. */
  insert(index: number, ...values: V[]): void {
    this.splice(index, 0, ...values);
  }

  /** Deletes elements from `start` on, inserts others there, and returns those that were deleted. */
  splice(start: number, ...rest: [deleteCount?: number, ...values: V[]]): V[] {
    const [deleteCount, ...values] = rest.length === 0 ? [Number.POSITIVE_INFINITY] : rest;
    const rows = listRows(this);
    return rows.change(WHAT, () => {
      const length = rows.size;
      const from = placeOf(start, length);
      const count = Math.max(0, Math.min(Math.trunc(deleteCount ?? 0) || 0, length - from));
      return insertAt(rows, from, count, values, WHAT) as V[];
    });
  }

  clear(): void {
    listRows(this).clear(WHAT);
  }

  /** An array of the elements from `start` on and before `end`. */
  slice(start: number = 0, end: number = Number.POSITIVE_INFINITY): V[] {
    const rows = listRows(this);
    const length = start < 0 || end < 0 ? rows.size : Number.POSITIVE_INFINITY;
    const from = placeOf(start, length);
    const limit = Math.max(0, placeOf(end, length) - from);
    return [...rows.values({ ...ALL, offset: from, limit })] as V[];
  }

  /** The index of the first element that is `===` to a value, from an index on; -1 if there is none. */
  indexOf(value: V, from: number = 0): number {
    const start = placeOf(from, from < 0 ? this.length : Number.POSITIVE_INFINITY);
    let index = start;
    for (const each of listRows(this).values({ ...ALL, offset: start })) {
      if (each === value) return index;
      index++;
    }
    return -1;
  }

  includes(value: V): boolean {
    return this.findIndex((each) => [each].includes(value)) >= 0;
  }

  find(fn: (value: V, index: number, list: this) => unknown): V | undefined {
    for (const [index, value] of this.entries()) if (fn(value, index, this)) return value;
    return undefined;
  }

  findIndex(fn: (value: V, index: number, list: this) => unknown): number {
    for (const [index, value] of this.entries()) if (fn(value, index, this)) return index;
    return -1;
  }

  some(fn: (value: V, index: number, list: this) => unknown): boolean {
    return this.findIndex(fn) >= 0;
  }

  every(fn: (value: V, index: number, list: this) => unknown): boolean {
    return this.findIndex((value, index) => !fn(value, index, this)) < 0;
  }

  forEach(fn: (value: V, index: number, list: this) => void): void {
    for (const [index, value] of this.entries()) fn(value, index, this);
  }

  map<U>(fn: (value: V, index: number, list: this) => U): U[] {
    const results: U[] = [];
    for (const [index, value] of this.entries()) results.push(fn(value, index, this));
    return results;
  }

  filter(fn: (value: V, index: number, list: this) => unknown): V[] {
    const results: V[] = [];
    for (const [index, value] of this.entries()) if (fn(value, index, this)) results.push(value);
    return results;
  }

  reduce<U>(fn: (result: U, value: V, index: number, list: this) => U, initial: U): U {
    let result = initial;
    for (const [index, value] of this.entries()) result = fn(result, value, index, this);
    return result;
  }

  *keys(): IterableIterator<number, undefined> {
    for (const [index] of this.entries()) yield index;
  }

  values(): IterableIterator<V, undefined> {
    return listRows(this).values(ALL) as IterableIterator<V, undefined>;
  }

  *entries(): IterableIterator<[index: number, value: V], undefined> {
    let index = 0;
    for (const value of this.values()) yield [index++, value];
  }

  [Symbol.iterator](): IterableIterator<V, undefined> {
    return this.values();
  }

  toJSON(): V[] {
    return [...this];
  }
}

function checkIndex(index: unknown): asserts index is number {
  if (typeof index !== 'number') throw invalidType('index', 'a number', index);
}

function rangeAt(index: number): typeof ALL {
  checkIndex(index);
  const place = Math.trunc(index) || 0;
  if (Math.abs(place) > Number.MAX_SAFE_INTEGER) return { ...ALL, limit: 0 };
  return place < 0 ? { ...ALL, reverse: true, offset: -1 - place, limit: 1 } : { ...ALL, offset: place, limit: 1 };
}

/** An index that may count from the end, from 0 to the length. */
function placeOf(index: number, length: number): number {
  checkIndex(index);
  const place = Math.trunc(index) || 0;
  return place < 0 ? Math.max(0, length + place) : Math.min(place, length);
}

refuseAssigning(ListBody.prototype, 'length', 'use splice(), push() or clear()');
Object.defineProperty(ListBody, 'name', { value: 'PersistentList' });
tagAs(ListBody.prototype, 'PersistentList', (self) => wholly(identified([...self])));
inspectHereAs(ListBody.prototype, 'PersistentList', (self) => self.slice(0, 100).map(shown));

export type PersistentList<V = unknown> = ListBody<V>;
export const PersistentList: new <V = unknown>(elements?: Iterable<V> | null) => ListBody<V> = makePersistent(
  'leasehold.List',
  {},
  {},
  {
    onStore: (list: object, txn: ViewTxn) => listRows(list).store(txn),
    fill: (list, elements) => pushBehind(listRows(list), elements as unknown[], WHAT),
  },
)(ListBody as never) as never;
