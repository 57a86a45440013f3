import { isAscii, isUtf8 } from 'node:buffer';
import type { CsvError, Parser } from 'csv-parse';
import { invalidValue } from '../errors.ts';
import type { StructDescription } from '../value/field.ts';
import { atLine } from './errors.ts';
import { withoutByteOrderMark } from './lines.ts';
import type { Mark, RecordReader, RecordSink } from './reader.ts';
import type { Source } from './source.ts';

/** A longer record is taken for a mistake: a quote that is not closed. In bytes. */
const LONGEST_RECORD = 64 * 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const QUOTE = 34;

interface Row {
  /** The fields as latin1, a character a byte; or why they cannot be read. */
  readonly fields: readonly string[] | Error;
  readonly line: number;
  /** Where it begins and ends in the input, in bytes. Blank lines may stand before it. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads CSV and TSV (RFC 4180: quotes, and line feeds inside them) through csv-parse. The first row names the columns, unless
 * they are given. Where the schema says that a text may be absent, an empty field is, and `""` is an empty text.
 */
export class CsvReader implements RecordReader {
  readonly #source: Source;
  readonly #parser: Parser;
  readonly #schema: StructDescription | undefined;
  #columns: readonly string[] | undefined;
  /** The columns in which an empty field may be absent or empty. */
  #ambiguous: readonly number[] = [];
  #rows: Row[] = [];
  /** Where the parser began, and where the last row ends; and the line behind that. */
  #origin: number;
  #position: number;
  #line: number;
  #begun = false;
  #ended = false;
  /** The input from byte `#keptFrom` on. */
  #kept: Buffer = Buffer.alloc(0);
  #keptFrom: number;
  /** The line of a row that could not be read, since the last that could. */
  #skipped: number | undefined;
  #emptyLines = 0;
  #current: Row | undefined;
  #failure: Error | undefined;

  constructor(
    library: typeof import('csv-parse'),
    source: Source,
    mark: Mark,
    format: 'csv' | 'tsv',
    columns: readonly string[] | undefined,
    schema: StructDescription | undefined,
  ) {
    this.#source = source;
    this.#origin = this.#position = this.#keptFrom = mark.bytes;
    this.#line = mark.line;
    this.#schema = schema;
    const known = columns ?? (mark.columns as readonly string[] | undefined);
    if (known !== undefined) this.#setColumns(known);
    this.#parser = new library.Parser({
      delimiter: format === 'csv' ? ',' : '\t',
      record_delimiter: ['\r\n', '\n'],
      // Its own decoder would put U+FFFD in the place of what is not UTF-8.
      encoding: 'latin1',
      relax_column_count: true,
      relax_quotes: format === 'tsv',
      skip_empty_lines: true,
      skip_records_with_error: true,
      max_record_size: LONGEST_RECORD,
      on_record: (fields: string[]) => this.#onRow(fields),
      on_skip: (error) => this.#onSkip(error as CsvError),
    });
    this.#parser.on('error', (error) => {
      this.#failure = error;
    });
  }

  async fetch(): Promise<boolean> {
    if (this.#ended) return false;
    const chunk = this.#begun ? await this.#source.next() : await this.#first();
    if (chunk === undefined) {
      this.#ended = true;
      await new Promise<void>((resolve) => this.#parser.once('close', resolve).resume().end());
    } else {
      this.#kept = Buffer.concat([this.#kept, chunk]);
      await new Promise<void>((resolve) => this.#parser.write(chunk, () => resolve()));
    }
    if (this.#failure !== undefined) throw this.#failure;
    return true;
  }

  handOver(sink: RecordSink): void {
    const rows = this.#rows;
    this.#rows = [];
    const ascii = rows.length > 0 && isAscii(this.#kept);
    for (const row of rows) {
      this.#current = row;
      let record: unknown;
      try {
        if (row.fields instanceof Error) throw row.fields;
        const texts = ascii ? row.fields : row.fields.map(decode);
        if (this.#columns === undefined) {
          this.#setColumns(texts);
          continue;
        }
        record = this.#toRecord(this.#columns, texts, row);
      } catch (error) {
        // Without names of columns there is nothing to go on with.
        if (this.#columns === undefined) throw this.#located(error, row.line);
        sink.reject(error, row.line);
        continue;
      }
      sink.record(record, row.line);
    }
    this.#current = undefined;
    this.#kept = this.#kept.subarray(this.#position - this.#keptFrom);
    this.#keptFrom = this.#position;
  }

  mark(): Mark {
    return { bytes: this.#position, line: this.#line, columns: this.#columns };
  }

  raw(): Buffer {
    const row = this.#current;
    if (row === undefined) return Buffer.alloc(0);
    let { start, end } = row;
    while (start < end && isLineEnd(this.#kept[start - this.#keptFrom])) start++;
    while (start < end && isLineEnd(this.#kept[end - 1 - this.#keptFrom])) end--;
    return this.#kept.subarray(start - this.#keptFrom, end - this.#keptFrom);
  }

  /** The first bytes, without a byte order mark. */
  async #first(): Promise<Buffer | undefined> {
    this.#begun = true;
    let first = await this.#source.next();
    if (this.#origin !== 0) return first;
    while (first !== undefined && first.length < 3) {
      const more = await this.#source.next();
      if (more === undefined) break;
      first = Buffer.concat([first, more]);
    }
    if (first === undefined) return undefined;
    const text = withoutByteOrderMark(first, this.#source.name);
    this.#origin = this.#position = this.#keptFrom = first.length - text.length;
    return text;
  }

  /** Gives undefined: the parser has nothing to queue. */
  #onRow(fields: readonly string[]): undefined {
    let start = this.#position;
    const { bytes, empty_lines } = this.#parser.info;
    const end = this.#origin + bytes;
    let lines = 1;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as string;
      for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) lines++;
    }
    // Blank lines and rows that could not be read stand between the last row and this one.
    if (this.#skipped !== undefined || empty_lines !== this.#emptyLines) {
      const all = this.#countLines(start, end);
      // The last row may have no line feed.
      const isWhole = this.#kept[end - 1 - this.#keptFrom] === LINE_FEED;
      this.#line += all - (isWhole ? lines : lines - 1);
      start = this.#startOfLines(lines, isWhole ? end - 1 : end);
    }
    this.#skipped = undefined;
    this.#emptyLines = empty_lines;
    this.#rows.push({ fields, line: this.#line, start, end });
    this.#line += lines;
    this.#position = end;
  }

  /** What is thrown here ends the parser. */
  #onSkip(error: CsvError): undefined {
    const end = this.#origin + this.#parser.info.bytes;
    const line = this.#line + this.#countLines(this.#position, end);
    // The parser has lost its way: it does not know where the next row begins.
    if (error.code === 'CSV_MAX_RECORD_SIZE' || error.code === 'CSV_QUOTE_NOT_CLOSED') {
      const what =
        error.code === 'CSV_QUOTE_NOT_CLOSED'
          ? 'a quote is not closed'
          : `a row is longer than ${LONGEST_RECORD} bytes`;
      throw this.#located(invalidValue(what), line);
    }
    // It may find several faults in one row.
    if (this.#skipped === line) return;
    this.#skipped = line;
    const stop = this.#kept.indexOf(LINE_FEED, end - this.#keptFrom);
    const start = Math.max(
      this.#position,
      this.#kept.lastIndexOf(LINE_FEED, end - this.#keptFrom - 1) + 1 + this.#keptFrom,
    );
    this.#rows.push({
      fields: invalidValue(error.message),
      line,
      start,
      end: stop < 0 ? this.#keptFrom + this.#kept.length : this.#keptFrom + stop,
    });
  }

  #countLines(start: number, end: number): number {
    let lines = 0;
    for (let at = start - this.#keptFrom; ; lines++) {
      at = this.#kept.indexOf(LINE_FEED, at) + 1;
      if (at === 0 || at > end - this.#keptFrom) break;
    }
    return lines;
  }

  /** Where the last `count` lines begin that end at `end`. */
  #startOfLines(count: number, end: number): number {
    let at = end - this.#keptFrom;
    for (let i = 0; i < count && at >= 0; i++) at = at === 0 ? -1 : this.#kept.lastIndexOf(LINE_FEED, at - 1);
    return at + 1 + this.#keptFrom;
  }

  /** `ERR_INVALID_ARG_VALUE` for a name that stands there twice. */
  #setColumns(names: readonly string[]): void {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw invalidValue(`the column ${JSON.stringify(twice)} stands there twice`);
    this.#columns = names;
    const optional = new Set(
      this.#schema?.struct
        .filter(
          ([, type]) =>
            typeof type === 'object' && 'optional' in type && (type.optional === 'utf8' || type.optional === 'bytes'),
        )
        .map(([name]) => name),
    );
    this.#ambiguous = names.map((_, i) => i).filter((i) => optional.has(names[i] as string));
  }

  #toRecord(columns: readonly string[], texts: readonly string[], row: Row): Record<string, unknown> {
    if (texts.length !== columns.length) {
      throw invalidValue(`the row has ${texts.length} fields, and there are ${columns.length} columns`);
    }
    const record: Record<string, unknown> = {};
    for (let i = 0; i < columns.length; i++) {
      const name = columns[i] as string;
      if (name === '__proto__') {
        Object.defineProperty(record, name, { value: texts[i], enumerable: true, configurable: true, writable: true });
      } else {
        record[name] = texts[i];
      }
    }
    for (const i of this.#ambiguous) {
      if (texts[i] === '' && !this.#isQuoted(i, row)) record[columns[i] as string] = undefined;
    }
    return record;
  }

  /** Whether an empty field is `""`. */
  #isQuoted(column: number, row: Row): boolean {
    const raw = this.raw();
    if (!raw.includes('""')) return false;
    let at = 0;
    const fields = row.fields as readonly string[];
    for (let i = 0; i < column; i++) {
      const field = fields[i] as string;
      at += raw[at] === QUOTE ? field.length + field.split('"').length + 1 : field.length;
      at++;
    }
    return raw[at] === QUOTE;
  }

  #located(error: unknown, line: number): Error {
    return atLine(error, this.#source.name, line);
  }
}

/** A field, which is latin1, as the UTF-8 that its bytes are. */
function decode(field: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
  if (!/[^\x00-\x7f]/.test(field)) return field;
  const bytes = Buffer.from(field, 'latin1');
  if (!isUtf8(bytes)) throw invalidValue('the row is not UTF-8');
  return bytes.toString();
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}
