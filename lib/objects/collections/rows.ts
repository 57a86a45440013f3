import type { KeyCodec } from '../../key/codec.ts';
import { ITEM_COUNT, ITEM_END, ITEM_ENTRY, ItemKey, type ItemKeyView } from '../../key/item-key.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import type { ChangingTxn } from '../../transaction/transaction.ts';
import type { Base, Items } from '../base.ts';
import { handleOf } from '../handle.ts';
import type { Handle } from '../model.ts';
import { copyIn, encodePlain, forEachReference, UnsharedPlain } from '../record/plain.ts';
import { UNSTORED } from '../view/view.ts';
import { PendingRows, type RowsOptions } from './pending-rows.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;

/** The entries of a persistent collection: each is a row of one hidden collection, so that nothing is loaded whole. */
export class Rows {
  readonly #handle: Handle;
  readonly #codec: AnyKeyCodec;
  /** The entries of a collection that is not stored yet. */
  #pending: PendingRows | undefined;

  constructor(handle: Handle, codec: AnyKeyCodec) {
    this.#handle = handle;
    this.#codec = codec;
    if (handle.view === UNSTORED) this.#pending = new PendingRows(codec);
  }

  get #base(): Base {
    return this.#handle.view.base as Base;
  }

  get #items(): Items {
    return this.#base.items;
  }

  /** The entries that are not stored yet, if the collection itself is not. */
  get #unstored(): PendingRows | undefined {
    if (this.#handle.view === UNSTORED) return this.#pending;
    return undefined;
  }

  /** How many entries there are. */
  get size(): number {
    const pending = this.#unstored;
    if (pending !== undefined) return pending.size;
    const count = this.#items.get(this.#countKey(), this.#transaction());
    return typeof count === 'number' ? count : 0;
  }

  get(key: unknown): unknown {
    const pending = this.#unstored;
    if (pending !== undefined) return pending.get(key);
    return this.#shown(key, this.#items.get(this.#key(key), this.#transaction()));
  }

  has(key: unknown): boolean {
    const pending = this.#unstored;
    if (pending !== undefined) return pending.has(key);
    return this.#items.has(this.#key(key), this.#transaction());
  }

  set(key: unknown, value: unknown, path: string): void {
    const copy = copyIn(value, path);
    const pending = this.#unstored;
    if (pending !== undefined) {
      pending.set(key, copy);
      return;
    }
    this.#change(path, (txn) => {
      this.#handle.view.dropRowDraft(this.#rowName(key));
      const isNew = !this.#items.has(this.#key(key), txn);
      this.#put(key, copy, txn);
      if (isNew) this.#addToCount(1, txn);
    });
  }

  delete(key: unknown, path: string): boolean {
    const pending = this.#unstored;
    if (pending !== undefined) return pending.delete(key);
    return this.#change(path, (txn) => {
      this.#handle.view.dropRowDraft(this.#rowName(key));
      const wasThere = this.#items.del(this.#key(key), txn);
      if (wasThere) this.#addToCount(-1, txn);
      return wasThere;
    });
  }

  clear(path: string): void {
    const pending = this.#unstored;
    if (pending !== undefined) {
      pending.clear();
      return;
    }
    this.#change(path, (txn) => {
      const { size } = this;
      this.#items.clear(this.#bounds({}), txn);
      this.#addToCount(-size, txn);
    });
  }

  /** The entries of a range, in the order of the keys. */
  *entries(options: RowsOptions = {}): Generator<[key: unknown, value: unknown]> {
    const pending = this.#unstored;
    if (pending !== undefined) {
      yield* pending.entries(options);
      return;
    }
    const { view } = this.#handle;
    view.flush();
    for (const { key, value } of this.#items.range(this.#bounds(options), this.#transaction())) {
      const own = (key as ItemKeyView).as(this.#codec);
      yield [own, this.#shown(own, value)];
    }
  }

  *keys(options: RowsOptions = {}): Generator<unknown> {
    const pending = this.#unstored;
    if (pending !== undefined) {
      for (const [key] of pending.entries(options)) yield key;
      return;
    }
    for (const key of this.#items.range(this.#bounds(options), this.#transaction()).keys()) {
      yield (key as ItemKeyView).as(this.#codec);
    }
  }

  count(options: RowsOptions): number {
    const pending = this.#unstored;
    if (pending !== undefined) return [...pending.entries(options)].length;
    return this.#items.count(this.#bounds(options), this.#transaction());
  }

  /** Writes the entries of a collection that was not stored before. */
  store(txn: ChangingTxn): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    for (const [key, value] of pending.entries({})) this.#put(key, value, txn);
    this.#addToCount(pending.size, txn);
  }

  #change<T>(path: string, fn: (txn: ChangingTxn) => T): T {
    const { view } = this.#handle;
    return view.changeRows(path, (txn) => {
      view.checkOwner(this.#handle, txn);
      return fn(txn);
    });
  }

  #put(key: unknown, value: unknown, txn: ChangingTxn): void {
    const { view } = this.#handle;
    const ids: number[] = [];
    forEachReference(value, (object) => ids.push(view.referTo(object, txn)));
    ids.sort((a, b) => a - b);
    const references = ids.filter((id, i) => i === 0 || id !== ids[i - 1]);
    this.#items.put(this.#key(key), { encoded: encodePlain(value, view), references }, txn);
  }

  #addToCount(delta: number, txn: ChangingTxn): void {
    if (delta === 0) return;
    const before = this.#items.get(this.#countKey(), txn);
    const now = (typeof before === 'number' ? before : 0) + delta;
    this.#items.put(this.#countKey(), { encoded: encodePlain(now, this.#handle.view), references: [] }, txn);
  }

  /** A value as the program gets it: an object, a frozen value, or a draft of one. */
  #shown(key: unknown, value: unknown): unknown {
    const { view } = this.#handle;
    const shown = value instanceof UnsharedPlain ? value.read(view) : value;
    if (!view.isWriting || typeof shown !== 'object' || shown === null || handleOf(shown) !== undefined) return shown;
    return view.rowDraft(this.#rowName(key), shown, (changed) => {
      this.#change('', (txn) => this.#put(key, changed, txn));
    });
  }

  #transaction(): ReturnType<Handle['view']['transaction']> {
    return this.#handle.view.transaction();
  }

  #rowName(key: unknown): string {
    return `${this.#handle.id}/${typeof key}/${String(key)}`;
  }

  #key(key: unknown): ItemKey {
    return new ItemKey(this.#handle.id, ITEM_ENTRY, this.#codec, key);
  }

  #countKey(): ItemKey {
    return new ItemKey(this.#handle.id, ITEM_COUNT);
  }

  /** The bounds of all entries, cut to those that the program gives. */
  #bounds(options: RowsOptions): RangeOptions<ItemKey> {
    const { id } = this.#handle;
    const { gt, gte, lt, lte, prefix, ...others } = options as Record<string, unknown>;
    const bounds: Record<string, unknown> = { ...others };
    const put = (name: string, key: unknown): void => {
      if (key !== undefined) bounds[name] = this.#key(key);
    };
    put('gt', gt);
    put('gte', gte);
    put('lt', lt);
    put('lte', lte);
    put('prefix', prefix);
    if (gt === undefined && gte === undefined) bounds.gte = new ItemKey(id, ITEM_ENTRY);
    if (lt === undefined && lte === undefined) bounds.lt = new ItemKey(id, ITEM_END);
    return bounds as RangeOptions<ItemKey>;
  }
}
