import { LeaseholdError } from '../../base/errors.ts';
import { writer } from '../../base/writer.ts';
import { Collection, openCollectionOf } from '../../environment/collection.ts';
import { keyBytes } from '../../key/key-bytes.ts';
import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';
import { CHANGE_DELETE, CHANGE_DELETE_IF, CHANGE_PUT_IF } from '../../native/constants.ts';
import { OpenCollection } from '../../read/open-collection.ts';
import type { Transaction } from '../../transaction/transaction.ts';
import { bytes } from '../../value/bytes.ts';
import type { ValueCodec } from '../../value/codec.ts';
import type { Value } from '../../value/value.ts';
import { EncodedBatch } from '../../write/encoded-batch.ts';
import type { Base } from '../base.ts';
import { type GarbagePage, idsOn, takeOff } from './condemned.ts';

/** How many records and rows one transaction deletes: that takes a few ms. */
const SLICE = 1000;

/** The rows of collections by their bytes. */
type RawItems = Collection<Uint8Array, Uint8Array, Value, Value>;

/** What one transaction deletes. */
interface Slice {
  readonly objects: readonly number[];
  readonly rows: readonly Uint8Array[];
  readonly pages: readonly { readonly number: number; readonly page: GarbagePage; readonly version: number }[];
}

/** Deletes the objects that are condemned, with their rows, in short transactions of the thread that commits batches. Several sweeps can run at once. */
export class Sweep {
  readonly #base: Base;
  readonly #rawItems: OpenCollection;
  /** How many it has deleted. */
  objects = 0;
  rows = 0;

  constructor(base: Base) {
    this.#base = base;
    const { environment, name, id, flags } = openCollectionOf(base.items) as OpenCollection;
    this.#rawItems = new OpenCollection(
      environment,
      name,
      id,
      keyBytes as never,
      bytes as ValueCodec<never, unknown>,
      flags,
    );
  }

  /** Deletes some of them. False if there are none. */
  async slice(): Promise<boolean> {
    const txn = this.#base.environment.read();
    let slice: Slice;
    try {
      slice = new SliceMaker(this.#base, new Collection(this.#rawItems) as unknown as RawItems, txn).make();
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
      const records = openCollectionOf(this.#base.objects) as OpenCollection;
      for (const { number, page, version } of pages) {
        const kind = page.every((byte) => byte === 0) ? CHANGE_DELETE_IF : CHANGE_PUT_IF;
        batch.addPairIf(garbage, kind, number, kind === CHANGE_PUT_IF ? page : undefined, version);
      }
      for (const key of rows) batch.addPair(this.#rawItems, CHANGE_DELETE, key, undefined);
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
  readonly #items: RawItems;
  readonly #txn: Transaction;
  readonly #objects: number[] = [];
  readonly #rows: Uint8Array[] = [];
  /** The first object, from the last one that was asked for on, that has rows. */
  #owner = 0;

  constructor(base: Base, items: RawItems, txn: Transaction) {
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
