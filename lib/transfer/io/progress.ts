import { nextTurn, now } from '../../base/clock.ts';
import { invalidType } from '../../base/errors.ts';

/** How far an import or an export has come. */
export interface TransferProgress {
  /** Records so far. */
  rows: number;
  /** Bytes of the file so far, as they are in it (packed, if it is). */
  bytes: number;
  /** Bytes of the whole file, for an import of one. */
  totalBytes?: number;
  /** Records a second. */
  rate: number;
  /** Seconds that the rest will take at this rate, for an import of a file. */
  secondsLeft?: number;
}

/** How long is worked without a turn of the event loop, and between two reports, in ms. */
const TURN = 8;
const REPORT = 250;

/** Gives the event loop its turns, and whoever asked a few reports a second. */
export class Pace {
  readonly #report: ((progress: TransferProgress) => void) | undefined;
  readonly #totalBytes: number | undefined;
  /** Bytes of the file that were done before. */
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

  /** To be called every few ms. What `report` throws passes on. */
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
