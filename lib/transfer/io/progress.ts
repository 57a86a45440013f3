import { nextTurn, now } from '../../base/clock.ts';
import { invalidType } from '../../base/errors.ts';

/** The progress of an import or an export. */
export interface TransferProgress {
  /** Records so far. */
  rows: number;
  /** Bytes of the file so far, compressed if the file is. */
  bytes: number;
  /** Bytes of the whole file, if a file is imported. */
  totalBytes?: number;
  /** Records a second. */
  rate: number;
  /** Seconds until the end at this rate, if a file is imported. */
  secondsLeft?: number;
}

/** How long to work before the event loop may run, and how long between two reports, in ms. */
const TURN = 8;
const REPORT = 250;

/** Lets the event loop run every few ms, and reports progress a few times a second. */
export class Pace {
  readonly #report: ((progress: TransferProgress) => void) | undefined;
  readonly #totalBytes: number | undefined;
  /** Bytes of the file that an earlier import has read. */
  readonly #firstBytes: number;
  readonly #start: number = now();
  #turnAt: number = this.#start + TURN;
  #reportAt: number = this.#start + REPORT;

  /** `ERR_INVALID_ARG_TYPE` unless `report` is a function or undefined. */
  constructor(report: unknown, totalBytes: number | undefined, firstBytes: number = 0) {
    checkReport(report);
    this.#report = report;
    this.#totalBytes = totalBytes;
    this.#firstBytes = firstBytes;
  }

  get seconds(): number {
    return (now() - this.#start) / 1000;
  }

  /** To be called every few ms. Throws what `report` throws. */
  async step(rows: number, bytes: number): Promise<void> {
    const time = now();
    if (time >= this.#reportAt) {
      this.#reportAt = time + REPORT;
      this.report(rows, bytes);
    }
    if (time >= this.#turnAt) {
      await nextTurn();
      this.#turnAt = now() + TURN;
    }
  }

  report(rows: number, bytes: number): void {
    if (this.#report === undefined) return;
    const { seconds } = this;
    const progress: TransferProgress = { rows, bytes, rate: seconds > 0 ? rows / seconds : 0 };
    if (this.#totalBytes !== undefined) {
      progress.totalBytes = this.#totalBytes;
      const done = bytes - this.#firstBytes;
      if (done > 0) progress.secondsLeft = (Math.max(this.#totalBytes - bytes, 0) * seconds) / done;
    }
    this.#report(progress);
  }
}

export function checkReport(report: unknown): asserts report is ((progress: TransferProgress) => void) | undefined {
  if (report !== undefined && typeof report !== 'function') throw invalidType('onProgress', 'a function', report);
}
