import { isUtf8 } from 'node:buffer';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { LeaseholdError } from '../errors.ts';
import { atLine, type RecordError } from './errors.ts';

/** How many errors are told at the end. */
const TOLD = 10;

/** What becomes of records that cannot be imported: the policy `onError`. */
export class Rejects {
  readonly #file: string;
  readonly #stops: boolean;
  readonly #target: number | undefined;
  count = 0;
  /** The first of them. */
  readonly errors: RecordError[] = [];
  /** Bytes of the file of rejects. */
  size = 0;

  /** `file` is how errors name the input; the first `size` bytes of an earlier file of rejects stay. `ENOENT`, `EACCES`, … */
  constructor(file: string, onError: string, size: number) {
    this.#file = file;
    this.#stops = onError === 'stop';
    this.size = size;
    if (onError === 'stop' || onError === 'skip') return;
    try {
      this.#target = openSync(onError, size === 0 ? 'w' : 'r+');
      if (size > 0) ftruncateSync(this.#target, size);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new LeaseholdError(code ?? 'EIO', `cannot write the rejects to '${onError}': ${message}`, { cause });
    }
  }

  /** Takes note of a record that was refused, or throws why. */
  add(error: unknown, line: number, raw: () => Buffer): void {
    const located = atLine(error, this.#file, line);
    if (this.#stops) throw located;
    this.count++;
    if (this.errors.length < TOLD) this.errors.push(located);
    if (this.#target === undefined) return;
    const record = raw();
    const reject = {
      line,
      code: located.code,
      message: error instanceof Error ? error.message : String(error),
      ...(isUtf8(record) ? { record: record.toString() } : { bytes: record.toString('hex') }),
    };
    const text = Buffer.from(`${JSON.stringify(reject)}\n`);
    for (let written = 0; written < text.length; ) {
      written += writeSync(this.#target, text, written, text.length - written, this.size + written);
    }
    this.size += text.length;
  }

  close(): void {
    if (this.#target !== undefined) closeSync(this.#target);
  }
}
