import { inspectAs } from '../../base/inspect.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import type { ChangingTxn } from '../../transaction/transaction.ts';
import { t } from '../class/field.ts';
import { makePersistent } from '../class/persistent.ts';
import { handleOf } from '../handle.ts';
import { keyCodecName, rowsOf } from './rows-of.ts';

const WHAT = 'a PersistentMap';

/** How a persistent map or set is made. */
export interface PersistentMapOptions<K, KView> {
  /** The codec of the keys: `tuple`, `tupleOf()`, `utf8`, `uint32` or `bytes`. They are in its order. Default `tuple`. */
  key?: KeyCodec<K, KView>;
}

/**
 * An ordered map that is stored entry by entry: nothing is loaded whole, and two transactions that change different keys do not conflict. Values are
 * plain values and persistent objects.
 */
class MapBody<K = unknown, V = unknown> {
  declare readonly codec: string;

  /** A map that is stored when something that is stored refers to it. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
  constructor(options?: PersistentMapOptions<K, unknown>) {
    (this as { codec: string }).codec = keyCodecName(options as PersistentMapOptions<never, unknown> | undefined);
  }

  /** How many entries it has. The count is stored: it takes no reading of entries. */
  get size(): number {
    return rowsOf(this, WHAT).size;
  }

  /** The value of a key; undefined if the key is absent. Plain values are frozen, and drafts inside of a write. */
  get(key: K): V | undefined {
    return rowsOf(this, WHAT).get(key) as V | undefined;
  }

  has(key: K): boolean {
    return rowsOf(this, WHAT).has(key);
  }

  /** Sets the value of a key. Outside of a write this is one commit. `ERR_NOT_PERSISTENT`, naming the path. */
  set(key: K, value: V): this {
    rowsOf(this, WHAT).set(key, value, `${pathOf(this)}.get(${shownKey(key)})`);
    return this;
  }

  /** Deletes a key, and returns whether it was there. */
  delete(key: K): boolean {
    return rowsOf(this, WHAT).delete(key, pathOf(this));
  }

  clear(): void {
    rowsOf(this, WHAT).clear(pathOf(this));
  }

  /** The entries whose keys are in a range, in order: the options are those of `collection.range()`. */
  range(options?: RangeOptions<K>): IterableIterator<[K, V]> {
    return rowsOf(this, WHAT).entries(options as RangeOptions<unknown>) as IterableIterator<[K, V]>;
  }

  /** How many entries a range has. */
  count(options: RangeOptions<K> = {}): number {
    return rowsOf(this, WHAT).count(options as RangeOptions<unknown>);
  }

  keys(options?: RangeOptions<K>): IterableIterator<K> {
    return rowsOf(this, WHAT).keys(options as RangeOptions<unknown>) as IterableIterator<K>;
  }

  *values(options?: RangeOptions<K>): IterableIterator<V> {
    for (const [, value] of this.range(options)) yield value;
  }

  entries(): IterableIterator<[K, V]> {
    return this.range();
  }

  forEach(fn: (value: V, key: K, map: this) => void, self?: unknown): void {
    for (const [key, value] of this.range()) fn.call(self, value, key, this);
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.range();
  }

  toJSON(): object {
    return Object.fromEntries([...this].map(([key, value]) => [String(key), value]));
  }
}

function pathOf(map: object): string {
  return handleOf(map)?.definition.name ?? WHAT;
}

function shownKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

inspectAs(MapBody.prototype, (self) => {
  const shown = [...self.range({ limit: 100 })];
  return new Map(shown);
});

const Made = makePersistent('leasehold.Map', { codec: t.utf8 }, {}, { onStore: storeRows })(MapBody as never);

/** Writes the entries of a collection that was filled before it was stored. */
export function storeRows(collection: object, txn: ChangingTxn): void {
  rowsOf(collection, WHAT).store(txn);
}

export type PersistentMap<K = unknown, V = unknown> = MapBody<K, V>;
export const PersistentMap: new <K = unknown, V = unknown>(
  options?: PersistentMapOptions<K, unknown>,
) => MapBody<K, V> = Made as never;
