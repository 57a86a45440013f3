import { isUtf8 } from 'node:buffer';
import { invalidValue } from '../../base/errors.ts';
import type { Field } from '../../value/struct/schema.ts';
import type { CsvSyntax } from './csv-syntax.ts';
import { escapedTsvText } from './tsv-field.ts';

/** Makes records of rows. */
export class CsvRecords {
  readonly #syntax: CsvSyntax;
  readonly #fields: readonly Field[] | undefined;
  #columns: readonly string[] | undefined;
  /** For each column, whether an empty field is absent. */
  #optional: readonly boolean[] = [];
  /** Whether the next row is the header. */
  atHeader: boolean;

  /** `columns` are the names, if they are known already. `ERR_INVALID_ARG_VALUE` if two columns have one name. */
  constructor(
    syntax: CsvSyntax,
    fields: readonly Field[] | undefined,
    atHeader: boolean,
    columns: readonly string[] | undefined,
  ) {
    this.#syntax = syntax;
    this.#fields = fields;
    this.atHeader = atHeader;
    if (columns !== undefined) this.#setColumns(columns);
  }

  /** The names of the columns; undefined if no row has been read that gives them. */
  get columns(): readonly string[] | undefined {
    return this.#columns;
  }

  /**
   * The record of a row; undefined for the header. `quoted` says which fields are in quotes. `ERR_INVALID_ARG_VALUE` for a row with more
   * or fewer fields than there are columns.
   */
  record(texts: string[], quoted: boolean[] | undefined): Record<string, unknown> | undefined {
    const literal = this.#syntax.escapes ? withoutEscapes(texts) : quoted;
    if (this.atHeader) {
      if (this.#columns === undefined) {
        checkHeader(texts, quoted);
        this.#setColumns(texts);
      }
      this.atHeader = false;
      return undefined;
    }
    if (this.#columns === undefined) this.#setColumns(texts.map((_, i) => `column${i + 1}`));
    const columns = this.#columns as readonly string[];
    if (texts.length !== columns.length) throw this.#ragged(texts.length);
    return this.#toRecord(columns, texts, literal);
  }

  #toRecord(
    columns: readonly string[],
    texts: readonly string[],
    literal: boolean[] | undefined,
  ): Record<string, unknown> {
    const { nulls } = this.#syntax;
    const record: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i] as string;
      const text = texts[i] as string;
      const isAbsent =
        literal?.[i] !== true && ((text === '' && this.#optional[i] === true) || (nulls.size > 0 && nulls.has(text)));
      if (isAbsent) continue;
      if (name === '__proto__') {
        Object.defineProperty(record, name, { value: text, enumerable: true, configurable: true, writable: true });
      } else {
        record[name] = text;
      }
    }
    return record;
  }

  #setColumns(names: readonly string[]): void {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw invalidValue(`two columns are called ${JSON.stringify(twice)}`);
    this.#columns = names;
    const optional = new Set<string>();
    for (const { name, type } of this.#fields ?? []) if (type.optional && type.text.holdsEmpty) optional.add(name);
    this.#optional = names.map((name) => optional.has(name));
  }

  #ragged(length: number): Error {
    const columns = this.#columns as readonly string[];
    const other = columns.length === 1 ? /[;\t|,]/.exec(columns[0] as string)?.[0] : undefined;
    const hint =
      other !== undefined
        ? `; if ${JSON.stringify(other)} separates the fields, give it as \`delimiter\``
        : columns.length === 1 && this.#syntax.columns === undefined
          ? `, ${JSON.stringify(columns[0])}; if there are lines of text above the header, give \`skip\``
          : '';
    return invalidValue(
      `the row has ${count(length, 'field')}, and there ${columns.length === 1 ? 'is' : 'are'} ${count(columns.length, 'column')}${hint}`,
    );
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** `ERR_INVALID_ARG_VALUE` for a file whose lines end with a carriage return only: it would be a single line. */
function checkHeader(names: readonly string[], quoted: boolean[] | undefined): void {
  if (!names.some((name, i) => name.includes('\r') && quoted?.[i] !== true)) return;
  throw invalidValue(
    'the name of a column has a carriage return: if the lines of this file end with carriage returns only, convert them to line feeds',
  );
}

/** Replaces fields with escapes by their texts. Returns which fields these are. */
function withoutEscapes(texts: string[]): boolean[] | undefined {
  let literal: boolean[] | undefined;
  for (let i = 0; i < texts.length; i++) {
    const text = escapedTsvText(texts[i] as string);
    if (text === undefined) continue;
    texts[i] = text;
    literal ??= [];
    literal[i] = true;
  }
  return literal;
}

/** Decodes fields in which each character is a byte of UTF-8. `ERR_INVALID_ARG_VALUE` for a field that is not UTF-8. */
export function decodeFields(fields: string[]): void {
  for (let i = 0; i < fields.length; i++) {
    const bytes = Buffer.from(fields[i] as string, 'latin1');
    if (!isUtf8(bytes)) throw invalidValue(`field ${i + 1} is not UTF-8`);
    fields[i] = bytes.toString();
  }
}
