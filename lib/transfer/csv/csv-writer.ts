import { bytesToHex } from '../../base/hex.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { Value } from '../../value/value.ts';
import type { RecordForm } from '../export/record-form.ts';
import type { RecordWriter } from '../export/record-writer.ts';
import { structOf } from '../import/import-options.ts';
import { atKey, valueWriter } from '../ndjson/ndjson-writer.ts';
import { fieldWriter } from '../text/field-json.ts';
import type { TypeDescription } from '../text/from-text.ts';
import { keyToJson } from '../text/key-json.ts';
import { numberToText } from '../text/number-text.ts';
import { strictJson } from '../text/strict-json.ts';
import { tsvFieldOf } from './tsv-field.ts';

type Cell = string | undefined;

/**
 * Writes CSV through csv-stringify, and TSV, a header first. The columns are the fields, behind one for the key unless that is
 * made of fields. Where some values are no objects, or the names of the fields would be taken for others, they are `key` and `value`.
 */
export class CsvWriter implements RecordWriter {
  readonly #library: typeof import('csv-stringify/sync');
  readonly #codec: string;
  /** Whether the key has a column of its own. */
  readonly #hasKey: boolean;
  /** Undefined for pairs. */
  readonly #fields: readonly string[] | undefined;
  readonly #columns: readonly string[];
  /** Makes the cell of a value that stands in one. */
  readonly #value: (value: unknown) => Cell;
  /** Makes the cell of each column, in a record of a struct. */
  readonly #cells: readonly ((value: unknown) => Cell)[] | undefined;
  /** In TSV, whether an empty field of a column is an absent one. */
  readonly #optional: readonly boolean[] | undefined;
  #rows: Cell[][];
  #length = 0;

  private constructor(
    library: typeof import('csv-stringify/sync'),
    { key, value }: OpenCollection,
    format: 'csv' | 'tsv',
    form: RecordForm,
  ) {
    this.#library = library;
    this.#codec = key.name;
    this.#hasKey = form.key === undefined;
    this.#fields = this.#hasKey && isAmbiguous(form.columns) ? undefined : form.columns;
    this.#value = value.name === 'utf8' || value.name === 'bytes' ? cellOf : valueWriter(value);
    const schema = structOf(value);
    this.#cells = schema?.struct.map(([, type]) => cellWriter(type as TypeDescription));
    this.#columns = [...(this.#hasKey ? ['key'] : []), ...(this.#fields ?? ['value'])];
    const types = this.#fields?.map((_, i) => schema?.struct[i]?.[1] as TypeDescription | undefined) ?? [];
    this.#optional = format === 'tsv' ? this.#optionalColumns(types) : undefined;
    this.#rows = [[...this.#columns]];
  }

  static async of(collection: OpenCollection, format: 'csv' | 'tsv', form: RecordForm): Promise<CsvWriter> {
    return new CsvWriter(await import('csv-stringify/sync'), collection, format, form);
  }

  add(entry: Entry<unknown, unknown>): number {
    const { key } = entry;
    const row: Cell[] = [];
    try {
      const { value } = entry;
      if (this.#hasKey) row.push(keyText(key, this.#codec));
      if (this.#fields === undefined) row.push(this.#value(value));
      else for (let i = 0; i < this.#fields.length; i++) row.push(this.#field(value as object, i));
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
    if (this.#optional !== undefined) return this.#tsv(rows, this.#optional);
    // An empty text has quotes, so that it is not taken for an absent one. So has one that would be taken for a part of a line end or for
    // the mark at the beginning of a file.
    return this.#library.stringify(rows, { quoted_match: /^$|[\r\ufeff]/ });
  }

  end(): string {
    return '';
  }

  #field(value: object, i: number): Cell {
    const name = this.#fields?.[i] as string;
    if (this.#cells !== undefined) return this.#cells[i]?.(Reflect.get(value, name));
    return Object.hasOwn(value, name) ? cellOf(Reflect.get(value, name)) : undefined;
  }

  #tsv(rows: readonly Cell[][], optional: readonly boolean[]): string {
    const lines = rows.map((row) =>
      row.map((cell, i) => (cell === undefined ? '' : tsvFieldOf(cell, optional[i] === true))),
    );
    return lines.map((line) => `${line.join('\t')}\n`).join('');
  }

  /** `types` of the fields, where a schema says them. A field alone in its line is marked too: a blank line is no record. */
  #optionalColumns(types: readonly (TypeDescription | undefined)[]): boolean[] {
    const isAlone = this.#columns.length === 1;
    const fields = types.map((type) => {
      if (type === undefined || isAlone) return true;
      const inner = typeof type === 'object' && 'optional' in type ? type.optional : undefined;
      return inner === 'utf8' || inner === 'bytes';
    });
    return this.#hasKey ? [false, ...fields] : fields;
  }
}

/** Whether columns behind that of the key would be read as something else. */
function isAmbiguous(columns: readonly string[] | undefined): boolean {
  return columns?.includes('key') === true || (columns?.length === 1 && columns[0] === 'value');
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
