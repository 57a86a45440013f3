import { checkSize } from '../../base/check-arguments.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import { type Format, isText } from '../io/format.ts';

/** How a CSV or TSV file is written. */
export interface CsvOptions {
  /** The names of the columns, for a file whose first row does not have them. */
  columns?: readonly string[];
  /**
   * Whether the first row names the columns. Default true, or false if `columns` is given. If it is true and `columns` is given, the
   * first row is skipped. If nothing names the columns, they are `column1`, `column2`, …
   */
  header?: boolean;
  /** The text between two fields, of any length. Default `,` in CSV, a tab in TSV. */
  delimiter?: string;
  /** The character around fields. True is `"`, the default in CSV. False means that no character is a quote, the default in TSV. */
  quote?: string | boolean;
  /** One or several texts that mean that the field is absent, unless they are in quotes. */
  null?: string | readonly string[];
  /** Lines that begin with this text are skipped. Default: none. */
  comment?: string;
  /** How many lines to skip before the first row, including blank ones. Default 0. */
  skip?: number;
}

/** The options, checked, with the defaults of the format. */
export interface CsvSyntax {
  readonly columns: readonly string[] | undefined;
  readonly header: boolean;
  readonly delimiter: string;
  readonly quote: string | undefined;
  /** Whether fields are written as in `tsv-field.ts`. */
  readonly escapes: boolean;
  readonly nulls: ReadonlySet<string>;
  readonly comment: string | undefined;
  readonly skip: number;
}

export const CSV_OPTIONS = ['columns', 'header', 'delimiter', 'quote', 'null', 'comment', 'skip'] as const;

/** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`. */
export function checkCsvOptions(options: object): asserts options is CsvOptions {
  const { columns, header, delimiter, quote, null: nulls, comment, skip } = options as Record<string, unknown>;
  if (columns !== undefined && !isTexts(columns)) throw invalidType('columns', 'an array of names', columns);
  if (header !== undefined && typeof header !== 'boolean') throw invalidType('header', 'a boolean', header);
  checkText(delimiter, 'delimiter');
  checkText(comment, 'comment');
  if (quote !== undefined && typeof quote !== 'boolean') {
    if (typeof quote !== 'string') throw invalidType('quote', 'a character or a boolean', quote);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII but line ends
    if (!/^[\x00-\x09\x0b\x0c\x0e-\x7f]$/.test(quote)) {
      throw invalidValue(`quote must be one character of ASCII, not ${JSON.stringify(quote)}`);
    }
    if (typeof delimiter === 'string' && delimiter.includes(quote)) {
      throw invalidValue(`the delimiter ${JSON.stringify(delimiter)} cannot contain the quote`);
    }
  }
  if (nulls !== undefined && typeof nulls !== 'string' && !isTexts(nulls)) {
    throw invalidType('null', 'a string or an array of strings', nulls);
  }
  checkSize(skip, 'skip', 0, Number.MAX_SAFE_INTEGER);
}

/** The syntax that the options give. `ERR_INVALID_ARG_VALUE` for an option that the format does not have. */
export function csvSyntaxOf(format: Format, options: CsvOptions): CsvSyntax {
  if (!isText(format)) {
    const unused = CSV_OPTIONS.find((name) => options[name] !== undefined);
    if (unused !== undefined) throw invalidValue(`the option '${unused}' is for CSV and TSV; the format is ${format}`);
  }
  const { columns, comment, skip = 0, null: nulls = [] } = options;
  const quote = options.quote ?? format === 'csv';
  const delimiter = options.delimiter ?? (format === 'tsv' ? '\t' : ',');
  const character = typeof quote === 'string' ? quote : quote ? '"' : undefined;
  if (character !== undefined && delimiter.includes(character)) {
    throw invalidValue(`the delimiter ${JSON.stringify(delimiter)} cannot contain the quote`);
  }
  return {
    columns,
    header: options.header ?? columns === undefined,
    delimiter,
    quote: character,
    escapes: format === 'tsv' && character === undefined,
    nulls: new Set(typeof nulls === 'string' ? [nulls] : nulls),
    comment,
    skip,
  };
}

function checkText(value: unknown, name: string): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
  if (value === '' || /[\r\n]/.test(value)) {
    throw invalidValue(`${name} must be a text without line ends, not ${JSON.stringify(value)}`);
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
