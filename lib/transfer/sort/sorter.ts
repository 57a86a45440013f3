import type { Duplicates } from '../import/duplicates.ts';
import type { Rows } from '../import/rows.ts';
import { merge } from './merge.ts';
import { FileRun, MemoryRun, type SortedRows } from './sorted-run.ts';

/** The most runs that are merged at once. Each has a buffer. */
const MOST_RUNS = 32;

/**
 * Sorts more rows than fit in memory. Sorted batches are collected up to a bound, and then merged into a run on disk. At the end the runs are
 * merged. Of equal rows, one stays.
 */
export class Sorter {
  readonly #directory: string;
  readonly #mostBytes: number;
  readonly #pairs: boolean;
  readonly #duplicates: Duplicates;
  readonly #pause: () => Promise<void>;
  #batches: MemoryRun[] = [];
  #footprint = 0;
  #runs: FileRun[] = [];

  /** `mostBytes` bounds the memory of the batches. `pause` is awaited every few thousand rows. */
  constructor(
    directory: string,
    mostBytes: number,
    pairs: boolean,
    duplicates: Duplicates,
    pause: () => Promise<void>,
  ) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
    this.#pairs = pairs;
    this.#duplicates = duplicates;
    this.#pause = pause;
  }

  /** Adds sorted rows. The caller must not change them any more. `ENOSPC`, … */
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

  /** Gives all rows to `take`, in order. */
  async drain(take: (row: SortedRows) => void | Promise<void>): Promise<void> {
    await merge(this.#all(), this.#pairs, this.#duplicates, take, this.#pause);
  }

  /** Throws if two rows are equal. */
  async check(): Promise<void> {
    const all = this.#all();
    await merge(all, this.#pairs, this.#duplicates, () => {}, this.#pause);
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

  /** Merges all runs into one. */
  async #joinRuns(): Promise<void> {
    const joined = await this.#write(this.#runs);
    for (const run of this.#runs) run.close();
    this.#runs = [joined];
  }

  async #write(sources: readonly SortedRows[]): Promise<FileRun> {
    const run = new FileRun(this.#directory, Math.max(16 * 1024, Math.min(this.#mostBytes / 64, 256 * 1024) | 0));
    try {
      await merge(sources, this.#pairs, this.#duplicates, (row) => run.write(row), this.#pause);
      run.finish();
      return run;
    } catch (error) {
      run.close();
      throw error;
    }
  }
}
