import { Lease, NO_VIEWS, ROW_NUMBERS } from '../../lease/lease.ts';
import type { EngineRow, RowBatch } from '../../versions/engine/engine.ts';
import type { StoreCodecs } from '../store-codecs.ts';
import { RangeStoreEntry, type StoreEntry } from './store-entry.ts';

/** The rows of a batch as entries, each made when it is asked for. Rows that were received are read where they were received. */
export class EntryRows<KView, VView> {
  readonly length: number;
  readonly #lease: Lease | undefined;
  readonly #rows: readonly EngineRow[] | undefined;
  readonly #codecs: StoreCodecs;

  constructor(batch: RowBatch, codecs: StoreCodecs) {
    const { lent } = batch;
    this.#lease = lent?.lease;
    this.#rows = lent === undefined ? batch.rows : undefined;
    this.length = lent === undefined ? batch.rows.length : lent.length;
    this.#codecs = codecs;
  }

  entry(row: number): StoreEntry<KView, VView> {
    const lease = this.#lease;
    if (lease !== undefined) return new RangeStoreEntry(lease, row * ROW_NUMBERS, this.#codecs, undefined);
    const { key, tid, bytes } = (this.#rows as readonly EngineRow[])[row] as EngineRow;
    return new RangeStoreEntry(Lease.privatePair(NO_VIEWS, key, bytes), 0, this.#codecs, tid);
  }
}
