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
 * Writes CSV (with csv-stringify) or TSV, with a header. There is a column for the key, unless the key is made of fields, and then a column for
 * each field. If some values are not objects, or if the names of fields would be ambiguous, the columns are `key` and `value`.
 */
export class CsvWriter implements RecordWriter {
  readonly #library: typeof import('csv-stringify/sync');
  readonly #codec: string;
  /** Whether the key has a column of its own. */
  readonly #hasKey: boolean;
  /** The fields that have columns; undefined if the columns are `key` and `value`. */
  readonly #fields: readonly string[] | undefined;
  readonly #columns: readonly string[];
  /** Makes the cell of a value, for the column `value`. */
  readonly #value: (value: unknown) => Cell;
  /** Makes the cells of a struct's record, one function for each column. */
  readonly #cells: readonly ((value: unknown) => Cell)[] | undefined;
  /** In TSV: for each column, whether an empty field is absent. */
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
    // Three kinds of texts get quotes: an empty text, which would be read as absent; a text with a carriage return, which would be read as
    // part of a line end; a text with a byte order mark, which would be read as the beginning of the file.
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

  /** `types` are those of the schema. The field of a single column counts as optional too: if it is empty, its line would be blank, and skipped. */
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

/** Whether these columns, after that of the key, would be read as something else. */
function isAmbiguous(columns: readonly string[] | undefined): boolean {
  return columns?.includes('key') === true || (columns?.length === 1 && columns[0] === 'value');
}

/** What writes the cell of a field. Lists and structs are written as JSON. */
function cellWriter(type: TypeDescription): (value: unknown) => Cell {
  if (typeof type === 'string') return cellOf;
  if ('optional' in type) return cellWriter(type.optional);
  const write = fieldWriter(type);
  return (value) => (value === undefined ? undefined : write(value));
}

/** A value as a text. Arrays and objects are written as JSON. */
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
