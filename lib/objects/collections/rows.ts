import { definitionIn, handleOf, slots, viewOf } from '../handle.ts';
import type { Handle, HandleRows, ViewTxn } from '../model.ts';
import { copyIn, needsNoCopy, UnsharedPlain } from '../record/plain.ts';
import { UNSTORED } from '../view/view.ts';
import { storedKeys } from './object-key.ts';
import { PendingRows, type Row } from './pending-rows.ts';
import { CachedRows } from './row-cache.ts';
import { type PagedRows, RowIterator } from './row-iterator.ts';
import { keyOf, type RowKeyCodec, rawKey, rawOf, textOf } from './row-key.ts';
import { pathText, type RowPath } from './row-path.ts';
import { ALL, compare, type RowRange } from './row-range.ts';
import { StoredRows } from './stored-rows.ts';

const LAST: RowRange = { ...ALL, reverse: true, limit: 1 };

/** The entries of a persistent collection: each is a row of one hidden collection, so that nothing is loaded whole. */
export class Rows implements HandleRows, PagedRows {
  readonly codec: RowKeyCodec;
  readonly of: unknown; // the class of the collections whose methods use it
  readonly #handle: Handle;
  readonly #stored: StoredRows;
  /** The entries of a collection that is not stored yet. */
  #pending: PendingRows | undefined;
  /** Whether a transaction has written `#pending` already. */
  #isStored = false;
  /** What was read of the version that the view sees: by the keys that are strings and numbers, and by the bytes of arrays. */
  #byKey: CachedRows<unknown> | undefined;
  #byText: CachedRows<string> | undefined;
  /** The greatest key that was written through this; undefined if there is none. */
  #greatest: Uint8Array | undefined;
  changes = 0;

  constructor(handle: Handle, codec: RowKeyCodec, of: unknown) {
    this.#handle = handle;
    this.codec = codec;
    this.of = of;
    this.#stored = new StoredRows(handle);
  }

  get reading(): object | undefined {
    return this.#unstored === undefined ? viewOf(this.#handle).transaction() : undefined;
  }

  get size(): number {
    return (this.#unstored ?? this.#stored).size;
  }

  get(key: unknown): unknown {
    const { rowCache } = viewOf(this.#handle);
    if (rowCache === undefined) return this.#readUncached(key);
    if (typeof key === 'string' || typeof key === 'number') {
      this.#byKey ??= new CachedRows(rowCache);
      return this.#byKey.get(key) ?? this.#read(this.codec, key, this.#byKey, key);
    }
    if (!Array.isArray(key)) return this.#readUncached(key);
    const raw = rawOf(this.codec, key);
    const text = textOf(raw);
    this.#byText ??= new CachedRows(rowCache);
    return this.#byText.get(text) ?? this.#read(rawKey, raw, this.#byText, text);
  }

  has(key: unknown): boolean {
    const pending = this.#unstored;
    return pending !== undefined ? pending.has(rawOf(this.codec, key)) : this.#stored.has(this.codec, key);
  }

  /** Sets the value of a key. `path` is for errors: `ERR_NOT_PERSISTENT`. */
  set(key: unknown, value: unknown, path: RowPath): void {
    const view = viewOf(this.#handle);
    const copy = needsNoCopy(value) ? value : copyIn(value, pathText(path, this.#handle, key));
    const txn = this.#unstored === undefined && view.rowDrafts?.isEmpty ? view.changingRows() : undefined;
    if (txn !== undefined) {
      view.checkOwner(this.#handle, txn);
      this.#setIn(txn, this.codec, key, copy);
      return;
    }
    const raw = rawOf(this.codec, key);
    const pending = this.#unstored;
    if (pending !== undefined) {
      this.changes++;
      pending.set(raw, copy);
      return;
    }
    this.#change(pathText(path, this.#handle, key), (txn) => {
      view.rowDrafts?.drop(this.#rowName(raw));
      this.#noteGreatest(raw);
      this.#setIn(txn, rawKey, raw, copy);
    });
  }

  delete(key: unknown, path: string): boolean {
    const raw = rawOf(this.codec, key);
    const pending = this.#unstored;
    if (pending !== undefined) {
      this.changes++;
      return pending.delete(raw);
    }
    return this.#change(path, (txn) => {
      viewOf(this.#handle).rowDrafts?.drop(this.#rowName(raw));
      if (!this.#stored.delete(raw, txn)) return false;
      this.changes++;
      this.#stored.add(-1);
      return true;
    });
  }

  clear(path: string): void {
    const pending = this.#unstored;
    this.changes++;
    if (pending !== undefined) {
      pending.clear();
      return;
    }
    this.#change(path, (txn) => {
      viewOf(this.#handle).rowDrafts?.dropAll(this.#rowName());
      this.#stored.clear(txn);
    });
  }

  /** Calls `fn`, which may call several of the methods that change something: all that it changes is one commit. */
  change<T>(path: string, fn: () => T): T {
    return this.#unstored === undefined ? viewOf(this.#handle).changeRows(path, fn) : fn();
  }

  /** Deletes an entry, and returns its value without a draft. */
  remove({ raw, value }: Row, path: string): unknown {
    const pending = this.#unstored;
    const last =
      pending !== undefined
        ? pending.settled(raw, path)
        : viewOf(this.#handle).rowDrafts?.take(this.#rowName(raw), path);
    this.delete(raw, path);
    return last ?? this.#plain(value);
  }

  /** Gives entries other keys. None of these may be there. */
  move(rows: readonly Row[], keys: readonly Uint8Array[], path: string): void {
    const pending = this.#unstored;
    this.changes++;
    if (pending !== undefined) {
      pending.move(rows, keys);
      return;
    }
    const view = viewOf(this.#handle);
    this.#change(path, (txn) => {
      for (const { raw } of rows) this.#stored.delete(raw, txn);
      const names = rows.map(({ raw, value }, i) => {
        const to = keys[i] as Uint8Array;
        this.#put(to, this.#plain(value), txn);
        return { from: this.#rowName(raw), to: this.#rowName(to), write: this.#writeOf(to) };
      });
      view.rowDrafts?.move(names);
    });
  }

  /** Iterates over the entries of a range, in the order of the keys. */
  entries(range: RowRange): RowIterator<[key: unknown, value: unknown]> {
    return new RowIterator(this, range, false, (row) => this.entryOf(row));
  }

  keys(range: RowRange): RowIterator<unknown> {
    return new RowIterator(this, range, true, ({ raw }) => this.keyOf(raw));
  }

  values(range: RowRange): RowIterator<unknown> {
    return new RowIterator(this, range, false, (row) => this.valueOf(row));
  }

  count(range: RowRange): number {
    return (this.#unstored ?? this.#stored).count(range);
  }

  /** Entries of a range, all at once. `keyOf`, `valueOf` and `entryOf` give what the program gets. */
  page(range: RowRange, keysOnly: boolean): readonly Row[] {
    return (this.#unstored ?? this.#stored).page(range, keysOnly);
  }

  keyOf(raw: Uint8Array): unknown {
    return keyOf(this.codec, raw);
  }

  /** A value as the program gets it: an object, a frozen value, or a draft of one. */
  valueOf({ raw, value }: Row): unknown {
    const plain = this.#plain(value);
    const { rowDrafts } = viewOf(this.#handle);
    if (rowDrafts === undefined || typeof plain !== 'object' || plain === null || handleOf(plain) !== undefined)
      return plain;
    return rowDrafts.get(this.#rowName(raw), plain, plain === value, this.#writeOf(raw));
  }

  entryOf(row: Row): [key: unknown, value: unknown] {
    return [this.keyOf(row.raw), this.valueOf(row)];
  }

  /**
   * The greatest key. In a transaction that waits, that is the one of the newest commit, or one that was written through this: so nothing counts as read, and
   * two of them can add behind the end.
   */
  lastKey(): Uint8Array | undefined {
    if (this.#unstored !== undefined || !viewOf(this.#handle).isOptimistic) return this.page(LAST, true)[0]?.raw;
    const raw = this.#stored.newest(LAST)[0]?.raw;
    const greatest = this.#greatest;
    return raw === undefined || (greatest !== undefined && compare(greatest, raw) > 0) ? greatest : raw;
  }

  /** An id for keys behind the last one, if others may write such keys meanwhile; else undefined. */
  uniqueId(): number | undefined {
    const view = viewOf(this.#handle);
    return this.#unstored === undefined && view.isOptimistic ? view.newId() : undefined;
  }

  store(txn: ViewTxn): void {
    const pending = this.#pending;
    if (pending === undefined || this.#isStored) return;
    this.#isStored = true;
    const keyOfRow = storedKeys(this.codec, this.#handle, txn);
    pending.settle(definitionIn(this.#handle).name, (raw, value) => this.#put(keyOfRow(raw, value), value, txn));
    this.#stored.add(pending.size);
  }

  rolledBack(): void {
    this.#isStored = false;
  }

  forget(raw: Uint8Array): void {
    this.#byText?.delete(textOf(raw));
    this.#byKey?.delete(this.keyOf(raw));
  }

  /** The entries that are not stored yet, if the collection itself is not. */
  get #unstored(): PendingRows | undefined {
    const view = viewOf(this.#handle);
    // There are none yet if the first call was in a write that was rolled back.
    if (view === UNSTORED) {
      this.#pending ??= new PendingRows();
      return this.#pending;
    }
    if (this.#pending === undefined) return undefined;
    // They stay until the commit, since a rollback needs them again.
    if (!view.hasUncommitted(this.#handle)) this.#pending = undefined;
    else if (!this.#isStored) view.changeRows('', (txn) => this.store(txn));
    return undefined;
  }

  #readUncached(key: unknown): unknown {
    const raw = rawOf(this.codec, key);
    const pending = this.#unstored;
    if (pending !== undefined) return pending.get(raw);
    return this.valueOf({ raw, value: this.#stored.get(rawKey, raw) });
  }

  /** Reads a value, and keeps it. */
  #read<K>(codec: RowKeyCodec, key: unknown, cache: CachedRows<K>, cacheKey: K): unknown {
    const value = this.#stored.get(codec, key);
    const plain = this.#plain(value);
    // Dates and bytes are copies for each reader.
    if (plain !== undefined && (!(value instanceof UnsharedPlain) || handleOf(plain) !== undefined)) {
      cache.set(cacheKey, plain);
    }
    return plain;
  }

  #plain(value: unknown): unknown {
    return value instanceof UnsharedPlain ? value.read(viewOf(this.#handle)) : value;
  }

  #change<T>(path: string, fn: (txn: ViewTxn) => T): T {
    const view = viewOf(this.#handle);
    return view.changeRows(path, (txn) => {
      view.checkOwner(this.#handle, txn);
      return fn(txn);
    });
  }

  #setIn(txn: ViewTxn, codec: RowKeyCodec, key: unknown, copy: unknown): void {
    this.changes++;
    if (this.#stored.set(codec, key, copy, txn)) this.#stored.add(1);
  }

  #put(raw: Uint8Array, value: unknown, txn: ViewTxn): void {
    this.changes++;
    this.#noteGreatest(raw);
    this.#stored.put(raw, value, txn);
  }

  #noteGreatest(raw: Uint8Array): void {
    if (this.#greatest === undefined || compare(raw, this.#greatest) > 0) this.#greatest = raw;
  }

  #writeOf(raw: Uint8Array): (value: unknown) => void {
    return (changed) => this.#change('', (txn) => this.#put(raw, changed, txn));
  }

  /** What a row is called among the drafts of a transaction; without a key, the beginning of the names of all rows. */
  #rowName(raw?: Uint8Array): string {
    return `${slots.id(this.#handle)}/${raw === undefined ? '' : textOf(raw)}`;
  }
}
