import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { invalidValue, LeaseholdError } from '../../base/errors.ts';
import { atLine, messageOf, type RecordError } from '../errors.ts';

/** How many errors are told at the end. */
const TOLD = 10;

/** What becomes of records that cannot be imported: the options `onError` and `rejects`. */
export class Rejects {
  readonly #file: string;
  readonly #stops: boolean;
  readonly #path: string | undefined;
  readonly #target: number | undefined;
  /** Whether it is a file, which keeps what is written where it is written: a pipe or a terminal does not. */
  readonly #isFile: boolean = false;
  count = 0;
  /** The first of them. */
  readonly errors: RecordError[] = [];
  /** Bytes of the file of rejects. */
  size = 0;

  /** `file` is how errors name the input; the first `size` bytes of an earlier file of rejects stay. `ENOENT`, `EACCES`, … */
  constructor(file: string, stops: boolean, path: string | undefined, size: number) {
    this.#file = file;
    this.#stops = stops;
    this.#path = path;
    this.size = size;
    if (path === undefined) return;
    try {
      this.#target = openSync(path, size === 0 ? 'w' : 'r+');
      this.#isFile = fstatSync(this.#target).isFile();
      if (size > 0 && this.#isFile) ftruncateSync(this.#target, size);
    } catch (cause) {
      throw this.#failed(cause);
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
      message: messageOf(error),
      ...(isUtf8(record) ? { record: record.toString() } : { bytes: record.toString('hex') }),
    };
    const text = Buffer.from(`${JSON.stringify(reject)}\n`);
    try {
      for (let written = 0; written < text.length; ) {
        const position = this.#isFile ? this.size + written : null;
        written += writeSync(this.#target, text, written, text.length - written, position);
      }
    } catch (cause) {
      throw this.#failed(cause);
    }
    this.size += text.length;
  }

  close(): void {
    if (this.#target !== undefined) closeSync(this.#target);
  }

  #failed(cause: unknown): LeaseholdError {
    const { code, message } = cause as NodeJS.ErrnoException;
    return new LeaseholdError(code ?? 'EIO', `cannot write the rejects to '${this.#path}': ${message}`, { cause });
  }
}

/** `ERR_INVALID_ARG_VALUE` if the file of rejects is the one that is imported, under whatever name: it would be emptied. */
export function checkRejectsTarget(rejects: string | undefined, source: string | undefined): void {
  if (rejects === undefined || source === undefined) return;
  const file = identify(rejects);
  if (file === undefined || file !== identify(source)) return;
  throw invalidValue(`the file of rejects, '${rejects}', is the one that is imported: name another`);
}

/** What tells a file from all others; undefined for what cannot be looked at, which whoever opens it will tell. */
function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
