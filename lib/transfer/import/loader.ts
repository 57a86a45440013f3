import { compareBytes } from '../../lease/bytes.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { SortedRows } from '../sort/sorted-run.ts';
import { Sorter } from '../sort/sorter.ts';
import type { Done, ImportMemory } from './checkpoint.ts';
import type { Duplicates } from './duplicates.ts';
import { Rows } from './rows.ts';
import { storeRows } from './store.ts';

/** What one transaction stores at most, in bytes. */
const BATCH_SIZE = 16 * 1024 * 1024;
/** What is sorted at once, in bytes: the event loop waits for it. */
const SORT_SIZE = 2 * 1024 * 1024;

/**
 * Stores rows as they come: as long as their keys go up, one batch after the other, a transaction each. From the first
 * batch on that does not come behind the one before it, or begins with disorder, all are sorted first and stored at the end. What is stored and what
 * the database remembers of the import change in the same transactions.
 */
export class Loader {
  readonly #collection: OpenCollection;
  readonly #duplicates: Duplicates;
  readonly #memory: ImportMemory | undefined;
  readonly #rest: () => Promise<void>;
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
    memory: ImportMemory | undefined,
    maxMemory: number,
    rest: () => Promise<void>,
  ) {
    this.#collection = collection;
    this.#duplicates = duplicates;
    this.#memory = memory;
    this.#rest = rest;
    this.#maxMemory = maxMemory;
    this.#batchSize = Math.min(BATCH_SIZE, Math.floor(maxMemory / 8));
    this.#rows = this.#newRows();
  }

  /** Where rows are to be put. */
  get rows(): Rows {
    return this.#rows;
  }

  /** What has been committed so far, undefined if nothing. */
  get stored(): Done | undefined {
    return this.#stored;
  }

  /** Whether some of the sorted records have been committed, and not yet all. */
  get storesSorted(): boolean {
    return this.#storesSorted;
  }

  /** To be called after each piece of the input: `done` is how far it has been read. */
  async step(done: Done): Promise<void> {
    const streams = this.#sorter === undefined && this.#rows.ordered;
    const limit = streams ? this.#batchSize : Math.min(this.#batchSize, SORT_SIZE);
    if (this.#rows.size >= limit) await this.#flush(done, false);
  }

  /** Stores what is left, and forgets the import. */
  async finish(done: Done): Promise<void> {
    await this.#flush(done, true);
    if (this.#sorter === undefined) return;
    // Before anything is stored that could not be told from what another import has stored.
    if (this.#duplicates.policy === 'error') await this.#sorter.check();
    const rows = this.#newRows();
    await this.#sorter.drain((row: SortedRows): void | Promise<void> => {
      rows.add(row.bytes, row.keyAt, row.keyLength, row.bytes, row.valueAt, row.valueLength);
      if (rows.size < this.#batchSize) return;
      // Where it began to be sorted is where it would have to go on.
      storeRows(this.#collection, rows, this.#duplicates, () => {});
      this.#storesSorted = true;
      rows.clear();
      return this.#rest();
    });
    storeRows(this.#collection, rows, this.#duplicates, (transaction) => this.#memory?.forget(transaction));
    this.#stored = done;
  }

  close(): void {
    this.#sorter?.close();
  }

  async #flush(done: Done, isLast: boolean): Promise<void> {
    const rows = this.#rows;
    // What begins in disorder is not stored before all has been read, unless it is all.
    const continues = this.#last === undefined ? rows.ordered || isLast : undefined;
    rows.sort(this.#duplicates);
    if (this.#sorter === undefined && (continues ?? this.#continues(rows))) {
      if (rows.count > 0) {
        const last = rows.count - 1;
        this.#last = { key: rows.key(last), value: rows.value(last) };
      }
      storeRows(this.#collection, rows, this.#duplicates, (transaction) => {
        if (isLast) this.#memory?.forget(transaction);
        else this.#memory?.remember(transaction, done);
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
      this.#rest,
    );
    this.#rows = this.#newRows(Math.min(this.#batchSize, SORT_SIZE));
    await this.#sorter.add(rows);
  }

  /** Whether the rows come behind what this import has stored. */
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
