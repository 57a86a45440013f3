import { invalidValue } from '../../base/errors.ts';
import { mixed } from '../mix.ts';
import { CHANGE, keyOf, READ, type TraceBatch, type TraceOp, WRITE } from './trace-batch.ts';
import type { TraceParser } from './trace-parser.ts';

/** Names of columns, as they are found in published traces, and what they are. */
const COLUMNS: { readonly [name: string]: 'time' | 'key' | 'size' | 'op' } = {
  time: 'time',
  timestamp: 'time',
  key: 'key',
  id: 'key',
  obj_id: 'key',
  object_id: 'key',
  size: 'size',
  obj_size: 'size',
  object_size: 'size',
  op: 'op',
};

const OPS: { readonly [text: string]: TraceOp } = {
  write: WRITE,
  set: WRITE,
  put: WRITE,
  change: CHANGE,
  delete: CHANGE,
};
const LONGEST_LINE = 64 * 1024;

/**
 * Reads traces as CSV, as libCacheSim does: a request a line, fields without quotes. `columns` names the columns; without it the first
 * line does. Needed is `key` (or `id`, `obj_id`); `size` is 1 and `time` (in seconds) 0 if they are absent. A key that is no
 * integer is hashed. `op` may be write or change (set, put, delete); anything else is a read.
 */
export class CsvParser implements TraceParser {
  readonly #name: string;
  #places: { time: number; key: number; size: number; op: number } | undefined;
  #line = 0;

  constructor(name: string, columns: readonly string[] | undefined) {
    this.#name = name;
    if (columns !== undefined) this.#places = this.#placesOf(columns);
  }

  read(bytes: Buffer, batch: TraceBatch): number {
    let at = 0;
    while (!batch.isFull) {
      const end = bytes.indexOf(10, at);
      if (end < 0) {
        if (bytes.length - at > LONGEST_LINE)
          throw invalidValue(`${this.#name} has lines that are too long for a trace`);
        break;
      }
      this.#row(bytes.toString('latin1', at, end), batch);
      at = end + 1;
    }
    return at;
  }

  /** The last line may have no end. */
  end(bytes: Buffer, batch: TraceBatch): void {
    this.#row(bytes.toString('latin1'), batch);
  }

  #row(text: string, batch: TraceBatch): void {
    this.#line++;
    const fields = text.trim().split(/[,\t|;]/);
    if (fields.length === 1 && fields[0] === '') return;
    if (this.#places === undefined) {
      this.#places = this.#placesOf(fields);
      return;
    }
    const { time, key, size, op } = this.#places;
    const keyText = fields[key]?.trim();
    if (keyText === undefined || keyText === '') throw this.#at('has no key');
    const bytes = size < 0 ? 1 : Number(fields[size]);
    if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) throw this.#at(`has '${fields[size]}' as its size`);
    const seconds = time < 0 ? 0 : Number(fields[time]);
    if (!Number.isFinite(seconds)) throw this.#at(`has '${fields[time]}' as its time`);
    const what = OPS[(fields[op] ?? '').trim().toLowerCase()] ?? READ;
    batch.push(what, keyOfText(keyText), Math.round(bytes), 0, seconds * 1000);
  }

  #placesOf(names: readonly string[]): { time: number; key: number; size: number; op: number } {
    const places = { time: -1, key: -1, size: -1, op: -1 };
    names.forEach((name, i) => {
      const known = name.trim().toLowerCase();
      const what = Object.hasOwn(COLUMNS, known) ? COLUMNS[known] : undefined;
      if (what !== undefined) places[what] = i;
    });
    if (places.key >= 0) return places;
    throw invalidValue(
      `the columns of ${this.#name} are '${names.join(',')}': one must be 'key' (or 'id', 'obj_id'). Give --columns, such as time,key,size`,
    );
  }

  #at(problem: string): Error {
    return invalidValue(`line ${this.#line} of ${this.#name} ${problem}`);
  }
}

/** A decimal integer as it is; any other text hashed. */
function keyOfText(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  let low = 0;
  let high = 0;
  for (let i = 0; i < text.length; i++) {
    low = mixed(low ^ text.charCodeAt(i), i);
    high = mixed(high ^ text.charCodeAt(i), i + 0x10000);
  }
  return keyOf(low, high);
}
