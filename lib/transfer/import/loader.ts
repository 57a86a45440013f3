import { compareBytes } from '../../lease/bytes.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { SortedRows } from '../sort/sorted-run.ts';
import { Sorter } from '../sort/sorter.ts';
import type { Checkpoint, Done } from './checkpoint.ts';
import type { Duplicates } from './duplicates.ts';
import { Rows } from './rows.ts';
import { storeRows } from './store.ts';

/** The most bytes that one transaction stores. */
const BATCH_SIZE = 16 * 1024 * 1024;
/** How many bytes are sorted at once. The event loop waits for that. */
const SORT_SIZE = 2 * 1024 * 1024;

/**
 * Stores rows. As long as keys ascend, each batch is stored in a transaction of its own. From the first batch on whose rows do not all come
 * after those of the batches before, all rows are sorted, and stored at the end. The checkpoint changes in the same transactions as the rows.
 */
export class Loader {
  readonly #collection: OpenCollection;
  readonly #duplicates: Duplicates;
  readonly #checkpoint: Checkpoint | undefined;
  readonly #pause: () => Promise<void>;
  readonly #maxMemory: number;
  readonly #batchSize: number;
  #rows: Rows;
  /** The last row that was stored. */
  #last: { key: Uint8Array; value: Uint8Array } | undefined;
  #sorter: Sorter | undefined;
  #storesSorted = false;
  /** What is in the database of this import. */
  #stored: Done | undefined;

  constructor(
    collection: OpenCollection,
    duplicates: Duplicates,
    checkpoint: Checkpoint | undefined,
    maxMemory: number,
    pause: () => Promise<void>,
  ) {
    this.#collection = collection;
    this.#duplicates = duplicates;
    this.#checkpoint = checkpoint;
    this.#pause = pause;
    this.#maxMemory = maxMemory;
    this.#batchSize = Math.min(BATCH_SIZE, Math.floor(maxMemory / 8));
    this.#rows = this.#newRows();
  }

  /** The batch to which the next rows must be added. */
  get rows(): Rows {
    return this.#rows;
  }

  /** What has been committed so far; undefined if nothing has. */
  get stored(): Done | undefined {
    return this.#stored;
  }

  /** Whether some of the sorted rows have been committed, but not all. */
  get storesSorted(): boolean {
    return this.#storesSorted;
  }

  /** To be called after each piece of the input. `done` says how far the input has been read. */
  async step(done: Done): Promise<void> {
    const streams = this.#sorter === undefined && this.#rows.ordered;
    const limit = streams ? this.#batchSize : Math.min(this.#batchSize, SORT_SIZE);
    if (this.#rows.size >= limit) await this.#flush(done, false);
  }

  /** Stores everything that is left, and deletes the checkpoint. */
  async finish(done: Done): Promise<void> {
    await this.#flush(done, true);
    if (this.#sorter === undefined) return;
    // Checked before anything is stored: after that, nobody could tell these rows from those that were there before.
    if (this.#duplicates.policy === 'error') await this.#sorter.check();
    const rows = this.#newRows();
    await this.#sorter.drain((row: SortedRows): void | Promise<void> => {
      rows.add(row.bytes, row.keyAt, row.keyLength, row.bytes, row.valueAt, row.valueLength);
      if (rows.size < this.#batchSize) return;
      // The checkpoint stays: a resumed import must go on where the sorting began.
      storeRows(this.#collection, rows, this.#duplicates, () => {});
      this.#storesSorted = true;
      rows.clear();
      return this.#pause();
    });
    storeRows(this.#collection, rows, this.#duplicates, (transaction) => this.#checkpoint?.delete(transaction));
    this.#stored = done;
  }

  close(): void {
    this.#sorter?.close();
  }

  async #flush(done: Done, isLast: boolean): Promise<void> {
    const rows = this.#rows;
    // If the first batch is out of order, it is not stored before everything has been read, unless it is the only one.
    const continues = this.#last === undefined ? rows.ordered || isLast : undefined;
    rows.sort(this.#duplicates);
    if (this.#sorter === undefined && (continues ?? this.#continues(rows))) {
      if (rows.count > 0) {
        const last = rows.count - 1;
        this.#last = { key: rows.key(last), value: rows.value(last) };
      }
      storeRows(this.#collection, rows, this.#duplicates, (transaction) => {
        if (isLast) this.#checkpoint?.delete(transaction);
        else this.#checkpoint?.save(transaction, done);
      });
      this.#stored = done;
      rows.clear();
      return;
    }
    this.#sorter ??= new Sorter(
      this.#collection.environment.path,
      this.#maxMemory - 3 * this.#batchSize,
      this.#collection.dupSort,
      this.#duplicates,
      this.#pause,
    );
    this.#rows = this.#newRows(Math.min(this.#batchSize, SORT_SIZE));
    await this.#sorter.add(rows);
  }

  /** Whether the rows come after those that this import has stored. */
  #continues(rows: Rows): boolean {
    const last = this.#last;
    if (last === undefined || rows.count === 0) return true;
    const order = compareAll(rows.key(0), last.key);
    return order > 0 || (order === 0 && rows.pairs && compareAll(rows.value(0), last.value) > 0);
  }

  #newRows(size: number = this.#batchSize): Rows {
    return new Rows(Math.ceil(1.1 * size), this.#collection.dupSort);
  }
}

function compareAll(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, a.length, b, 0, b.length);
}
