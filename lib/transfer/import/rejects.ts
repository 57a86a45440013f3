import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { invalidValue, LeaseholdError } from '../../base/errors.ts';
import { atLine, messageOf, type RecordError } from '../record-error.ts';

/** The most errors in the result. */
const MOST_ERRORS = 10;

/** Handles records that cannot be stored, as the options `onError` and `rejects` say. */
export class Rejects {
  readonly #file: string;
  readonly #stops: boolean;
  readonly #path: string | undefined;
  readonly #target: number | undefined;
  /** Whether the target is a regular file, to which one can write at a position; a pipe or a terminal has no positions. */
  readonly #isFile: boolean = false;
  count = 0;
  /** The first errors. */
  readonly errors: RecordError[] = [];
  /** Bytes of the file of rejects. */
  size = 0;

  /** `file` is the name of the input in errors. The first `size` bytes of an existing file of rejects stay. `ENOENT`, `EACCES`, … */
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

  /** Counts and writes a record that was refused; or throws its error, if the import must stop. */
  add(error: unknown, line: number, raw: () => Buffer): void {
    const located = atLine(error, this.#file, line);
    if (this.#stops) throw located;
    this.count++;
    if (this.errors.length < MOST_ERRORS) this.errors.push(located);
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

/** Throws `ERR_INVALID_ARG_VALUE` if the file of rejects is the file that is imported, even under another name: it would be emptied. */
export function checkRejectsTarget(rejects: string | undefined, source: string | undefined): void {
  if (rejects === undefined || source === undefined) return;
  const file = identify(rejects);
  if (file === undefined || file !== identify(source)) return;
  throw invalidValue(`the file of rejects, '${rejects}', is the file that is imported: give another one`);
}

/** The identity of a file; undefined if it cannot be looked at (then opening it gives the error). */
function identify(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
