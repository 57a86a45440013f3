import { LeaseholdError } from '../../base/errors.ts';
import { writer } from '../../base/writer.ts';
import { openCollectionOf } from '../../environment/collection.ts';
import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';
import { CHANGE_DELETE, CHANGE_DELETE_IF, CHANGE_PUT_IF } from '../../native/constants.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { Transaction } from '../../transaction/transaction.ts';
import { EncodedBatch } from '../../write/encoded-batch.ts';
import type { Base } from '../base.ts';
import { type RawCollection, rawCollection } from '../raw-collection.ts';
import { type GarbagePage, idsOn, takeOff } from './garbage-page.ts';

/** How many records and rows one transaction deletes: that takes a few ms. */
const SLICE = 1000;

/** What one transaction deletes. */
interface Slice {
  readonly objects: readonly number[];
  readonly rows: readonly Uint8Array[];
  readonly pages: readonly { readonly number: number; readonly page: GarbagePage; readonly version: number }[];
}

/** Deletes the objects that are condemned, with their rows, in short transactions of the thread that commits batches. Several sweeps can run at once. */
export class Sweep {
  readonly #base: Base;
  readonly #items: RawCollection;
  /** How many it has deleted. */
  objects = 0;
  rows = 0;

  constructor(base: Base) {
    this.#base = base;
    this.#items = rawCollection(base.items);
  }

  /** Deletes some of them. False if there are none. */
  async slice(): Promise<boolean> {
    const txn = this.#base.environment.read();
    let slice: Slice;
    try {
      slice = new SliceMaker(this.#base, this.#items, txn).make();
    } finally {
      txn.end();
    }
    if (slice.pages.length === 0) return false;
    try {
      await this.#submit(slice);
    } catch (error) {
      // Another sweep has deleted these, or another collection has condemned more.
      if (error instanceof LeaseholdError && error.code === 'ERR_CONFLICT') return true;
      throw error;
    }
    this.objects += slice.objects.length;
    this.rows += slice.rows.length;
    return true;
  }

  #submit({ objects, rows, pages }: Slice): Promise<unknown> {
    const start = writer.position;
    try {
      const batch = new EncodedBatch(this.#base.state);
      const garbage = openCollectionOf(this.#base.garbage) as OpenCollection;
      const items = openCollectionOf(this.#items) as OpenCollection;
      const records = openCollectionOf(this.#base.objects) as OpenCollection;
      for (const { number, page, version } of pages) {
        const kind = page.every((byte) => byte === 0) ? CHANGE_DELETE_IF : CHANGE_PUT_IF;
        batch.addPairIf(garbage, kind, number, kind === CHANGE_PUT_IF ? page : undefined, version);
      }
      for (const key of rows) batch.addPair(items, CHANGE_DELETE, key, undefined);
      for (const id of objects) batch.addPair(records, CHANGE_DELETE, id, undefined);
      return batch.submit();
    } finally {
      writer.position = start;
      writer.trim();
    }
  }
}

/** Chooses what one transaction deletes: the rows of an object first, over several slices if they are many, and with the last of them the object. */
class SliceMaker {
  readonly #base: Base;
  readonly #items: RawCollection;
  readonly #txn: Transaction;
  readonly #objects: number[] = [];
  readonly #rows: Uint8Array[] = [];
  /** The first object, from the last one that was asked for on, that has rows. */
  #owner = 0;

  constructor(base: Base, items: RawCollection, txn: Transaction) {
    this.#base = base;
    this.#items = items;
    this.#txn = txn;
  }

  make(): Slice {
    const pages: { number: number; page: GarbagePage; version: number }[] = [];
    for (const { key: number, value, version } of this.#base.garbage.range({}, this.#txn)) {
      const page = value.toBuffer();
      const isWhole = this.#takePage(number, page);
      pages.push({ number, page, version: version as number });
      if (!isWhole) break;
    }
    return { objects: this.#objects, rows: this.#rows, pages };
  }

  #takePage(number: number, page: GarbagePage): boolean {
    for (const id of idsOn(number, page)) {
      if (this.#room <= 0 || !this.#takeRows(id)) return false;
      this.#objects.push(id);
      takeOff(page, id);
    }
    return true;
  }

  get #room(): number {
    return SLICE - this.#objects.length - this.#rows.length;
  }

  /** Whether these are all rows of the object. */
  #takeRows(id: number): boolean {
    if (this.#owner < id) this.#owner = this.#ownerFrom(id);
    if (this.#owner > id) return true;
    const limit = this.#room;
    const keys = this.#items.range({ gte: keyOf(id), lt: keyOf(id + 1), limit: limit + 1 }, this.#txn).keys();
    for (const key of keys) {
      if (this.#room === 0) return false;
      this.#rows.push(key.toBuffer());
    }
    return true;
  }

  #ownerFrom(id: number): number {
    for (const key of this.#items.range({ gte: keyOf(id), limit: 1 }, this.#txn).keys()) return idAt(key.toBuffer(), 0);
    return Number.POSITIVE_INFINITY;
  }
}

function keyOf(id: number): Uint8Array {
  const key = new Uint8Array(ID_BYTES);
  putId(key, 0, id);
  return key;
}
