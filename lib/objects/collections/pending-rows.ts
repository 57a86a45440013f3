import { bytesToHex } from '../../base/hex.ts';
import { OwnMap } from '../../base/own-map.ts';
import { freezeClass } from '../../base/primordials.ts';
import { handleOf } from '../handle.ts';
import { PlainDraft } from '../record/plain-draft.ts';
import type { RowRange } from './row-range.ts';

/** An entry of a collection: the bytes of its key, and its value. */
export interface Row {
  readonly raw: Uint8Array;
  readonly value: unknown;
}

interface PendingRow {
  readonly raw: Uint8Array;
  /** A plain value that is an object becomes a draft once it is read, as in the fields of an object that is not stored yet. */
  value: unknown;
}

/** Bytes in hexadecimal sort as the bytes do. */
function textOf(raw: Uint8Array): string {
  return bytesToHex(raw, 0, raw.length);
}

/** The entries of a collection that is not stored yet. */
export class PendingRows {
  readonly #rows = new OwnMap<string, PendingRow>();
  /** The keys in order; undefined if they have to be sorted when somebody asks for it. */
  #order: string[] | undefined;
  /** Whether the order was used since a key was added between others: then the next such key is put into its place. */
  #isOrderUsed = false;

  get size(): number {
    return this.#rows.size;
  }

  get(raw: Uint8Array): unknown {
    return shown(this.#rows.get(textOf(raw)));
  }

  has(raw: Uint8Array): boolean {
    return this.#rows.has(textOf(raw));
  }

  set(raw: Uint8Array, value: unknown): void {
    const text = textOf(raw);
    if (!this.#rows.has(text)) this.#addToOrder(text);
    this.#rows.set(text, { raw, value });
  }

  delete(raw: Uint8Array): boolean {
    const text = textOf(raw);
    if (!this.#rows.has(text)) return false;
    this.#rows.delete(text);
    if (this.#order?.at(-1) === text) this.#order.pop();
    else this.#order = undefined;
    return true;
  }

  /** The value of a key, its draft ended. `ERR_NOT_PERSISTENT`. */
  settled(raw: Uint8Array, path: string): unknown {
    const row = this.#rows.get(textOf(raw));
    if (row?.value instanceof PlainDraft) row.value = row.value.finish(path);
    return row?.value;
  }

  /** Gives entries other keys. */
  move(rows: readonly Row[], keys: readonly Uint8Array[]): void {
    const values = rows.map(({ raw }) => this.#rows.get(textOf(raw))?.value);
    for (const { raw } of rows) this.delete(raw);
    for (let i = 0; i < keys.length; i++) this.set(keys[i] as Uint8Array, values[i]);
  }

  clear(): void {
    this.#rows.clear();
    this.#order = undefined;
  }

  /** The entries of a range. */
  page(range: RowRange): Row[] {
    const [start, end] = this.#places(range);
    const count = Math.max(0, Math.min(end - start - range.offset, range.limit));
    const order = this.#sorted();
    return Array.from({ length: count }, (_, i) => {
      const place = range.reverse ? end - 1 - range.offset - i : start + range.offset + i;
      const row = this.#rows.get(order[place] as string) as PendingRow;
      return { raw: row.raw, value: shown(row) };
    });
  }

  count(range: RowRange): number {
    const [start, end] = this.#places(range);
    return Math.max(0, Math.min(end - start - range.offset, range.limit));
  }

  /** Calls `take` with each entry in order, its drafts ended. `path` is for errors. `ERR_NOT_PERSISTENT`. */
  settle(path: string, take: (raw: Uint8Array, value: unknown) => void): void {
    for (const text of this.#sorted()) {
      const row = this.#rows.get(text) as PendingRow;
      if (row.value instanceof PlainDraft) row.value = row.value.finish(path);
      take(row.raw, row.value);
    }
  }

  #places({ from, to }: RowRange): [start: number, end: number] {
    const order = this.#sorted();
    const start = from.length === 0 ? 0 : placeIn(order, textOf(from));
    return [start, to === undefined ? order.length : Math.max(start, placeIn(order, textOf(to)))];
  }

  #sorted(): readonly string[] {
    this.#isOrderUsed = true;
    this.#order ??= this.#texts().sort();
    return this.#order;
  }

  #texts(): string[] {
    const texts: string[] = [];
    this.#rows.forEach((_, text) => {
      texts.push(text);
    });
    return texts;
  }

  #addToOrder(text: string): void {
    const order = this.#order;
    if (order === undefined) return;
    const last = order.at(-1);
    if (last === undefined || text > last) order.push(text);
    else if (this.#isOrderUsed) order.splice(placeIn(order, text), 0, text);
    else this.#order = undefined;
    this.#isOrderUsed = false;
  }
}

freezeClass(PendingRows);

function shown(row: PendingRow | undefined): unknown {
  const value = row?.value;
  if (value instanceof PlainDraft) return value.draft;
  if (row === undefined || typeof value !== 'object' || value === null || handleOf(value) !== undefined) return value;
  const draft = new PlainDraft(value, false, false);
  row.value = draft;
  return draft.draft;
}

/** The place of the first text that does not come before a text. */
function placeIn(order: readonly string[], text: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
