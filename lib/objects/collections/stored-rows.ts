import { writer } from '../../base/writer.ts';
import { ITEM_END, ItemKey, type ItemKeyView } from '../../key/item-key.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import { handleOf, slots, viewOf } from '../handle.ts';
import type { Handle, ViewTxn } from '../model.ts';
import type { ItemRows, ObjectBase } from '../object-base.ts';
import type { ItemInput } from '../record/item.ts';
import { encodePlain, forEachReference } from '../record/plain.ts';
import { NumberRow } from './number-row.ts';
import type { Row } from './pending-rows.ts';
import { entryKey, type RowKeyCodec, rawKey, writtenKey } from './row-key.ts';
import { ALL, isEmptyRange, type RowRange } from './row-range.ts';

const NONE: readonly number[] = [];

/** The rows of a collection that is stored, in the hidden collection of all rows, and their number. */
export class StoredRows {
  readonly #handle: Handle;
  readonly #count: NumberRow;

  constructor(handle: Handle) {
    this.#handle = handle;
    this.#count = new NumberRow(handle);
  }

  get size(): number {
    return this.#count.value;
  }

  /** What `decodePlain` gives for a key in a codec; undefined if it is absent. */
  get(codec: RowKeyCodec, key: unknown): unknown {
    return this.#items.get(entryKey(slots.id(this.#handle), codec, key), viewOf(this.#handle).transaction());
  }

  has(codec: RowKeyCodec, key: unknown): boolean {
    return this.#items.has(entryKey(slots.id(this.#handle), codec, key), viewOf(this.#handle).transaction());
  }

  /** Stores a copied value in the place of another one. */
  put(raw: Uint8Array, value: unknown, txn: ViewTxn): void {
    this.#items.put(this.#key(raw), this.#encoded(value, txn), txn);
  }

  /** Stores a copied value of a key in a codec. The number of rows stays as it is: see `add`. Returns whether the key was absent. */
  set(codec: RowKeyCodec, own: unknown, value: unknown, txn: ViewTxn): boolean {
    const at = writer.position;
    try {
      // First, since the program's code may run. It stays in the writer, so that nothing is allocated for it.
      codec.write(own as never, writer);
      const key = entryKey(slots.id(this.#handle), writtenKey, { at, length: writer.position - at });
      const encoded = this.#encoded(value, txn);
      if (this.#items.putNew(key, encoded, txn)) return true;
      this.#items.put(key, encoded, txn);
      return false;
    } finally {
      writer.position = at;
    }
  }

  /** Adds to the number of rows. */
  add(count: number): void {
    this.#count.add(count);
  }

  /** Returns whether it was there. The number stays as it is: see `add`. */
  delete(raw: Uint8Array, txn: ViewTxn): boolean {
    return this.#items.del(this.#key(raw), txn);
  }

  clear(txn: ViewTxn): void {
    this.add(-this.#items.clear(this.#bounds(ALL), txn));
  }

  count(range: RowRange): number {
    return isEmptyRange(range) ? 0 : this.#items.count(this.#bounds(range), viewOf(this.#handle).transaction());
  }

  page(range: RowRange, keysOnly: boolean, txn: ViewTxn = viewOf(this.#handle).transaction()): readonly Row[] {
    if (isEmptyRange(range)) return [];
    const found = this.#items.range(this.#bounds(range), txn);
    const rows: Row[] = [];
    if (keysOnly) {
      for (const key of found.keys()) rows.push({ raw: (key as ItemKeyView).own, value: undefined });
    } else {
      for (const { key, value } of found) rows.push({ raw: (key as ItemKeyView).own, value });
    }
    return rows;
  }

  /** A page of the newest commit, which counts as read in no transaction. */
  newest(range: RowRange): readonly Row[] {
    const view = viewOf(this.#handle);
    return (view.base as ObjectBase).readUncounted(view.transaction(), (txn) => this.page(range, true, txn));
  }

  get #items(): ItemRows {
    return (viewOf(this.#handle).base as ObjectBase).items;
  }

  #encoded(value: unknown, txn: ViewTxn): ItemInput {
    const view = viewOf(this.#handle);
    if (typeof value !== 'object' || value === null) return { encoded: encodePlain(value, view), references: NONE };
    if (handleOf(value) !== undefined) return view.referTo(value, txn);
    const ids: number[] = [];
    forEachReference(value, (object) => ids.push(view.referTo(object, txn)));
    ids.sort((a, b) => a - b);
    const references = ids.filter((id, i) => i === 0 || id !== ids[i - 1]);
    return { encoded: encodePlain(value, view), references };
  }

  #key(raw: Uint8Array): ItemKey {
    return entryKey(slots.id(this.#handle), rawKey, raw);
  }

  #bounds({ from, to, reverse, offset, limit }: RowRange): RangeOptions<ItemKey> {
    return {
      gte: this.#key(from),
      lt: to === undefined ? new ItemKey(slots.id(this.#handle), ITEM_END) : this.#key(to),
      ...(reverse && { reverse }),
      ...(offset > 0 && { offset }),
      ...(limit !== Number.POSITIVE_INFINITY && { limit }),
    };
  }
}
