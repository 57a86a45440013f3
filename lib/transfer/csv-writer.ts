import { invalidValue } from '../errors.ts';
import { bytesToHex } from '../hex.ts';
import type { CollectionCore } from '../store/collection-core.ts';
import type { Entry } from '../store/entry.ts';
import { Value } from '../value/value.ts';
import type { TypeDescription } from './convert.ts';
import { fieldWriter } from './field-json.ts';
import { structOf } from './import-options.ts';
import { keyToJson } from './key-json.ts';
import { atKey } from './ndjson-writer.ts';
import { numberToText } from './number-text.ts';
import type { RecordWriter } from './record-writer.ts';
import { strictJson } from './strict-json.ts';

/** How many records of the first pass are read between two rests. */
const ROWS_A_REST = 64;

type Cell = string | undefined;

/**
 * Writes CSV and TSV through csv-stringify, a header first. A struct's columns are its fields; other records must be all
 * objects, whose fields are found by a first pass, or all something else: then the columns are `key` and `value`.
 */
export class CsvWriter implements RecordWriter {
  readonly #library: typeof import('csv-stringify/sync');
  readonly #codec: string;
  readonly #value: string;
  readonly #columns: readonly string[];
  readonly #pairs: boolean;
  /** Makes the cell of each column, in a record of a struct. */
  readonly #cells: readonly ((value: unknown) => Cell)[] | undefined;
  readonly #delimiter: string;
  #rows: Cell[][];
  #length = 0;

  private constructor(
    library: typeof import('csv-stringify/sync'),
    { key, value }: CollectionCore,
    format: 'csv' | 'tsv',
    columns: readonly string[] | undefined,
  ) {
    this.#library = library;
    this.#codec = key.name;
    this.#value = value.name;
    this.#delimiter = format === 'csv' ? ',' : '\t';
    const schema = structOf(value);
    this.#cells = schema?.struct.map(([, type]) => cellWriter(type as TypeDescription));
    this.#pairs = columns === undefined;
    this.#columns = columns ?? ['key', 'value'];
    this.#rows = [[...this.#columns]];
  }

  /** `entries` are those that will be written, for the first pass; `rest` is awaited every few of them. */
  static async of(
    collection: CollectionCore,
    format: 'csv' | 'tsv',
    entries: Iterable<Entry<unknown, unknown>>,
    rest: () => Promise<void>,
  ): Promise<CsvWriter> {
    const schema = structOf(collection.value);
    const columns = schema?.struct.map(([name]) => name) ?? (await findColumns(entries, collection.key.name, rest));
    return new CsvWriter(await import('csv-stringify/sync'), collection, format, columns);
  }

  add(entry: Entry<unknown, unknown>): number {
    const { key } = entry;
    let row: Cell[];
    try {
      const { value } = entry;
      row = this.#pairs
        ? [keyText(key, this.#codec), this.#value === 'json' ? strictJson(value) : cellOf(value)]
        : this.#columns.map((name, i) => {
            if (this.#cells !== undefined) return this.#cells[i]?.(Reflect.get(value as object, name));
            return Object.hasOwn(value as object, name) ? cellOf(Reflect.get(value as object, name)) : undefined;
          });
    } catch (error) {
      throw atKey(error, key, this.#codec);
    }
    for (let i = 0; i < row.length; i++) this.#length += 1 + (row[i]?.length ?? 0);
    this.#rows.push(row);
    return this.#length;
  }

  take(): string {
    const rows = this.#rows;
    this.#rows = [];
    this.#length = 0;
    if (rows.length === 0) return '';
    // An empty text has quotes, so that it is not taken for an absent one.
    return this.#library.stringify(rows, { delimiter: this.#delimiter, quoted_match: /^$/ });
  }

  end(): string {
    return '';
  }
}

/** The names of all fields, in the order in which they appear; undefined if the values are no objects. */
async function findColumns(
  entries: Iterable<Entry<unknown, unknown>>,
  codec: string,
  rest: () => Promise<void>,
): Promise<readonly string[] | undefined> {
  const names = new Set<string>();
  let objects = 0;
  let others = 0;
  for (const entry of entries) {
    const value = readValue(entry, codec);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Value) {
      others++;
    } else {
      objects++;
      for (const name of Object.keys(value)) names.add(name);
    }
    if ((objects + others) % ROWS_A_REST === 0) await rest();
  }
  if (objects > 0 && others > 0) throw invalidValue('CSV holds either objects or other values, not both: use NDJSON');
  return objects > 0 ? [...names] : undefined;
}

function readValue(entry: Entry<unknown, unknown>, codec: string): unknown {
  try {
    return entry.value;
  } catch (error) {
    throw atKey(error, entry.key, codec);
  }
}

/** What has parts stands in a cell as JSON. */
function cellWriter(type: TypeDescription): (value: unknown) => Cell {
  if (typeof type === 'string') return cellOf;
  if ('optional' in type) return cellWriter(type.optional);
  const write = fieldWriter(type);
  return (value) => (value === undefined ? undefined : write(value));
}

/** A value as a text; what has parts as JSON. */
function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberToText(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      if (value === undefined || value === null) return undefined;
      if (value instanceof Date) return value.toISOString();
      if (value instanceof Value) {
        const bytes = value.toBuffer();
        return bytesToHex(bytes, 0, bytes.length);
      }
      return strictJson(value);
  }
}

function keyText(key: unknown, codec: string): string {
  const json = keyToJson(key, codec);
  return codec === 'utf8' || codec === 'bytes' ? (JSON.parse(json) as string) : json;
}
