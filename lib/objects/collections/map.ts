import { invalidType } from '../../base/errors.ts';
import { tagAs, wholly } from '../../base/inspect.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { Page } from '../../read/page.ts';
import { t } from '../class/field.ts';
import { takeElements } from '../class/initial-contents.ts';
import { identified, inspectHereAs, shown } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { refuseAssigning } from '../class/undeclared.ts';
import { definitionIn, handleOf, rowsBehind } from '../handle.ts';
import type { Handle, ViewTxn } from '../model.ts';
import { pageOf } from './row-page.ts';
import { type EntriesOptions, readRange } from './row-range.ts';
import type { Rows } from './rows.ts';
import { keyCodecName, rowsOf, shownKey } from './rows-of.ts';

const WHAT = 'a PersistentMap';

/** How a persistent map or set is made. */
export interface PersistentMapOptions<K, KView> {
  /**
   * The codec of the keys: `tuple`, `tupleOf()`, `utf8`, `uint32` or `bytes`. They are in its order. By default a key can be a string, a number, a bigint, a
   * boolean, null, bytes, or an array of these, in the order of the elements of tuples.
   */
  key?: KeyCodec<K, KView>;
}

/**
 * An ordered map that is stored entry by entry: nothing is loaded whole, and two transactions that change different keys do not conflict. Values are
 * plain values and persistent objects.
 *
 * An iterator goes on behind the entry that it gave last: as with a Map, it gives what is added behind that, and does not give what is deleted there.
 */
class MapBody<K = unknown, V = unknown> {
  declare readonly codec: string;

  /**
   * A map that is stored when something that is stored refers to it, with entries as a Map takes them: `new PersistentMap([['a', 1]])`. The options can be the
   * first argument. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_NOT_PERSISTENT`.
   */
  constructor(
    entries?: Iterable<readonly [K, V]> | PersistentMapOptions<K, unknown> | null,
    options?: PersistentMapOptions<K, unknown>,
  ) {
    (this as { codec: string }).codec = keyCodecName(takeElements(this, entries, options));
  }

  /** How many entries it has. The number is stored. A `transact` that reads it conflicts with all that add or delete entries. */
  get size(): number {
    return rowsOf(this, PersistentMap, WHAT).size;
  }

  /** The value of a key; undefined if the key is absent. Plain values are frozen, and drafts inside of a write. */
  get(key: K): V | undefined {
    return rowsOf(this, PersistentMap, WHAT).get(key) as V | undefined;
  }

  has(key: K): boolean {
    return rowsOf(this, PersistentMap, WHAT).has(key);
  }

  /** Sets the value of a key. Outside of a write this is one commit. `ERR_NOT_PERSISTENT`, naming the path. */
  set(key: K, value: V): this {
    rowsOf(this, PersistentMap, WHAT).set(key, value, pathOfValue);
    return this;
  }

  /** Deletes a key, and returns whether it was there. */
  delete(key: K): boolean {
    return rowsOf(this, PersistentMap, WHAT).delete(key, nameOf(this));
  }

  clear(): void {
    rowsOf(this, PersistentMap, WHAT).clear(nameOf(this));
  }

  /** The entries whose keys are in a range, in order. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  range(options?: EntriesOptions<K>): IterableIterator<[K, V], undefined> {
    const rows = rowsOf(this, PersistentMap, WHAT);
    return rows.entries(rangeOf(rows, options)) as IterableIterator<[K, V], undefined>;
  }

  /** The entries of a range as an array, as many as `limit` says, and the option `cursor` of the next page. */
  page(options: EntriesOptions<K> & { readonly limit: number }): Page<[K, V]> {
    const rows = rowsOf(this, PersistentMap, WHAT);
    return pageOf(rows, rangeOf(rows, options), false, (row) => rows.entryOf(row) as [K, V]);
  }

  /** How many entries a range has. */
  count(options?: EntriesOptions<K>): number {
    const rows = rowsOf(this, PersistentMap, WHAT);
    return options === undefined ? rows.size : rows.count(rangeOf(rows, options));
  }

  keys(options?: EntriesOptions<K>): IterableIterator<K, undefined> {
    const rows = rowsOf(this, PersistentMap, WHAT);
    return rows.keys(rangeOf(rows, options)) as IterableIterator<K, undefined>;
  }

  values(options?: EntriesOptions<K>): IterableIterator<V, undefined> {
    const rows = rowsOf(this, PersistentMap, WHAT);
    return rows.values(rangeOf(rows, options)) as IterableIterator<V, undefined>;
  }

  entries(): IterableIterator<[K, V], undefined> {
    return this.range();
  }

  forEach(fn: (value: V, key: K, map: this) => void, self?: unknown): void {
    for (const [key, value] of this.range()) fn.call(self, value, key, this);
  }

  [Symbol.iterator](): IterableIterator<[K, V], undefined> {
    return this.range();
  }

  /** An object with the entries, their keys as text. */
  toJSON(): object {
    const json: Record<string, unknown> = {};
    for (const [key, value] of this) {
      const name = String(key);
      Object.defineProperty(json, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return json;
  }
}

/** The range that a program gives: see `readRange`. */
function rangeOf<K>(rows: Rows, options: EntriesOptions<K> | undefined): ReturnType<typeof readRange> {
  return readRange(rows.codec, options as EntriesOptions<unknown> | undefined);
}

function pathOfValue(map: Handle, key: unknown): string {
  return `${definitionIn(map).name}.get(${shownKey(key)})`;
}

function nameOf(map: object): string {
  const handle = handleOf(map);
  return handle === undefined ? WHAT : definitionIn(handle).name;
}

refuseAssigning(MapBody.prototype, 'size', 'use set(), delete() or clear()');
Object.defineProperty(MapBody, 'name', { value: 'PersistentMap' });
tagAs(MapBody.prototype, 'PersistentMap', (self) => wholly(identified([...self])));
inspectHereAs(
  MapBody.prototype,
  'PersistentMap',
  (self) => new Map([...self.range({ limit: 100 })].map(([key, value]) => [key, shown(value)])),
);

function fill(map: object, entries: unknown): void {
  const rows = rowsOf(map, PersistentMap, WHAT);
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null)
      throw invalidType('an entry of new PersistentMap()', 'an array of a key and a value', entry);
    const [key, value] = [(entry as unknown[])[0], (entry as unknown[])[1]];
    rows.set(key, value, pathOfValue);
  }
}

/** Writes the entries of a collection that was filled before it was stored. */
export function storeRows(collection: object, txn: ViewTxn): void {
  rowsBehind(collection as Handle)?.store(txn);
}

export type PersistentMap<K = unknown, V = unknown> = MapBody<K, V>;
export const PersistentMap: new <K = unknown, V = unknown>(
  entries?: Iterable<readonly [K, V]> | PersistentMapOptions<K, unknown> | null,
  options?: PersistentMapOptions<K, unknown>,
) => MapBody<K, V> = makePersistent(
  'leasehold.Map',
  { codec: t.utf8 },
  {},
  { onStore: storeRows, isFixed: true, fill },
)(MapBody as never) as never;
