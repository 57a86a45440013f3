import type { Duplicates } from '../import/duplicates.ts';
import type { Rows } from '../import/rows.ts';
import { merge } from './merge.ts';
import { FileRun, MemoryRun, type SortedRows } from './sorted-run.ts';

/** The most runs that are merged at once, each of which has a buffer. */
const MOST_RUNS = 32;

/**
 * Sorts more rows than fit in memory: batches, sorted each, are kept up to a bound, then merged into a run on disk; the
 * runs are merged in the end. Of equal rows, one stays.
 */
export class Sorter {
  readonly #directory: string;
  readonly #mostBytes: number;
  readonly #pairs: boolean;
  readonly #duplicates: Duplicates;
  readonly #rest: () => Promise<void>;
  #batches: MemoryRun[] = [];
  #footprint = 0;
  #runs: FileRun[] = [];

  /** `mostBytes` is what the batches may take in memory; `rest` is awaited every few thousand rows. */
  constructor(directory: string, mostBytes: number, pairs: boolean, duplicates: Duplicates, rest: () => Promise<void>) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
    this.#pairs = pairs;
    this.#duplicates = duplicates;
    this.#rest = rest;
  }

  /** Takes sorted rows, which are its own from now on. `ENOSPC`, … */
  async add(rows: Rows): Promise<void> {
    this.#batches.push(new MemoryRun(rows));
    this.#footprint += rows.footprint;
    if (this.#footprint < this.#mostBytes) return;
    if (this.#runs.length === MOST_RUNS) await this.#joinRuns();
    const batches = this.#batches;
    this.#batches = [];
    this.#footprint = 0;
    this.#runs.push(await this.#write(batches));
  }

  /** Gives all rows in order. */
  async drain(take: (row: SortedRows) => void | Promise<void>): Promise<void> {
    await merge(this.#all(), this.#pairs, this.#duplicates, take, this.#rest);
  }

  /** Throws if two rows are equal. */
  async check(): Promise<void> {
    const all = this.#all();
    await merge(all, this.#pairs, this.#duplicates, () => {}, this.#rest);
    for (const run of all) run.rewind();
  }

  #all(): SortedRows[] {
    return [...this.#runs, ...this.#batches];
  }

  close(): void {
    for (const run of this.#runs) run.close();
    this.#runs = [];
    this.#batches = [];
  }

  /** Makes one run of all. */
  async #joinRuns(): Promise<void> {
    const joined = await this.#write(this.#runs);
    for (const run of this.#runs) run.close();
    this.#runs = [joined];
  }

  async #write(sources: readonly SortedRows[]): Promise<FileRun> {
    const run = new FileRun(this.#directory, Math.max(16 * 1024, Math.min(this.#mostBytes / 64, 256 * 1024) | 0));
    try {
      await merge(sources, this.#pairs, this.#duplicates, (row) => run.write(row), this.#rest);
      run.finish();
      return run;
    } catch (error) {
      run.close();
      throw error;
    }
  }
}
