import { numberToText } from '../../base/number-text.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { hexOfValue } from '../../value/hex-text.ts';
import { strictJson } from '../../value/strict-json.ts';
import type { Field } from '../../value/struct/schema.ts';
import { fieldsOf } from '../../value/struct/struct.ts';
import { Value } from '../../value/value.ts';
import type { RecordForm } from '../export/record-form.ts';
import { exportedTime, type RecordWriter } from '../export/record-writer.ts';
import { atKey } from '../ndjson/ndjson-writer.ts';
import { tsvFieldOf } from './tsv-field.ts';

type Cell = string | undefined;

/**
 * Writes CSV (with csv-stringify) or TSV, with a header. There is a column for the key, unless the key is made of fields, and then a column for
 * each field. If some values are not objects, or if the names of fields would be ambiguous, the columns are `key` and `value`. With
 * the times of expiry, they are `key`, `expires` and `value`.
 */
export class CsvWriter implements RecordWriter {
  readonly #library: typeof import('csv-stringify/sync');
  readonly #key: KeyCodec<never, unknown>;
  /** Whether the key has a column of its own. */
  readonly #hasKey: boolean;
  /** Whether the time of expiry has one. */
  readonly #hasTime: boolean;
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
    this.#key = key;
    this.#hasKey = form.key === undefined;
    this.#hasTime = form.times;
    this.#fields = this.#hasKey && isAmbiguous(form.columns) ? undefined : form.columns;
    this.#value = value.text.toCell;
    const fields = fieldsOf(value);
    this.#cells = fields?.map(({ type }) => type.text.toCell);
    const beside = [...(this.#hasKey ? ['key'] : []), ...(this.#hasTime ? ['expires'] : [])];
    this.#columns = [...beside, ...(this.#fields ?? ['value'])];
    const shown = this.#fields?.map((_, i) => fields?.[i]) ?? [];
    this.#optional = format === 'tsv' ? this.#optionalColumns(shown) : undefined;
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
      if (this.#hasKey) row.push(this.#key.text.toCell(key));
      if (this.#hasTime) row.push(String(exportedTime(entry)));
      if (this.#fields === undefined) row.push(this.#value(value));
      else for (let i = 0; i < this.#fields.length; i++) row.push(this.#field(value as object, i));
    } catch (error) {
      throw atKey(error, key, this.#key);
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

  /** `shown` are the fields of the schema. The field of a single column counts as optional too: if it is empty, its line would be blank, and skipped. */
  #optionalColumns(shown: readonly (Field | undefined)[]): boolean[] {
    const isAlone = this.#columns.length === 1;
    const fields = shown.map((field) => {
      if (field === undefined || isAlone) return true;
      return field.type.optional && field.type.text.holdsEmpty;
    });
    return this.#hasKey ? [false, ...fields] : fields;
  }
}

/** Whether these columns, after that of the key, would be read as something else. */
function isAmbiguous(columns: readonly string[] | undefined): boolean {
  return columns?.includes('key') === true || (columns?.length === 1 && columns[0] === 'value');
}

/** A property of an object without a schema as a text. Arrays and objects are written as JSON. */
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
      return value instanceof Value ? hexOfValue(value) : strictJson(value);
  }
}
