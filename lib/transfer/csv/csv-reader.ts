import { isAscii, isUtf8 } from 'node:buffer';
import { invalidValue } from '../../base/errors.ts';
import { decodeLatin1, decodeUtf8 } from '../../base/text.ts';
import type { Field } from '../../value/struct/schema.ts';
import type { Input } from '../io/input.ts';
import { LONGEST_LINE, lineTooLong } from '../io/lines.ts';
import { TextBlocks } from '../io/text-blocks.ts';
import type { Mark, RecordConsumer, RecordReader } from '../reader.ts';
import { atLine } from '../record-error.ts';
import { CsvRecords, decodeFields } from './csv-record.ts';
import type { CsvSyntax } from './csv-syntax.ts';
import { BAD_ROW, NO_ROW, OPEN_ROW, type Outcome, RowScanner } from './row-scanner.ts';

const LINE_FEED = 10;

/**
 * Reads CSV and TSV, with a scanner of its own. csv-parse is not used for three reasons. After a bad quote one must make a new parser, which
 * takes 150 µs for each bad row. It takes a NUL after a closing quote for the end of the field. It counts a CRLF inside quotes as two lines.
 */
export class CsvReader implements RecordReader {
  readonly #blocks: TextBlocks;
  readonly #name: string;
  readonly #syntax: CsvSyntax;
  /** The same, for a text in which each character is a byte. */
  readonly #byteSyntax: CsvSyntax;
  readonly #records: CsvRecords;
  /** How many lines are still to be skipped. */
  #skip: number;
  /** The row that the consumer is getting. */
  #raw: { readonly text: string; readonly encoding: 'latin1' | 'utf8' } = { text: '', encoding: 'utf8' };

  /** An empty field without quotes is absent, if the field is an optional text. `ERR_INVALID_ARG_VALUE` if two columns have one name. */
  constructor(input: Input, mark: Mark, syntax: CsvSyntax, fields: readonly Field[] | undefined) {
    this.#blocks = new TextBlocks(input, mark.bytes, mark.line);
    this.#name = input.name;
    this.#syntax = syntax;
    this.#byteSyntax = {
      ...syntax,
      delimiter: asBytes(syntax.delimiter),
      comment: syntax.comment === undefined ? undefined : asBytes(syntax.comment),
    };
    const hasBegun = mark.bytes > 0;
    this.#skip = hasBegun ? ((mark.skip as number | undefined) ?? 0) : syntax.skip;
    const atHeader = hasBegun ? mark.atHeader === true : syntax.header;
    this.#records = new CsvRecords(syntax, fields, atHeader, syntax.columns ?? (mark.columns as string[] | undefined));
  }

  fetch(): Promise<boolean> {
    return this.#blocks.fetch();
  }

  handOver(consumer: RecordConsumer): void {
    const blocks = this.#blocks;
    const window = blocks.window();
    const isLast = blocks.isLast(window);
    const passed = this.#passLines(window);
    const taken = this.#readRows(window.subarray(passed), isLast, consumer);
    blocks.take(window, passed + taken);
  }

  mark(): Mark {
    const { position, line } = this.#blocks;
    const { columns, atHeader } = this.#records;
    return { bytes: position, line, columns, atHeader, skip: this.#skip };
  }

  raw(): Buffer {
    return Buffer.from(this.#raw.text, this.#raw.encoding);
  }

  /** Gives the complete rows in `bytes` to the consumer. Returns how many bytes these rows have. */
  #readRows(bytes: Buffer, isLast: boolean, consumer: RecordConsumer): number {
    const isText = isUtf8(bytes);
    const encoding = isText ? 'utf8' : 'latin1';
    const text = (isText && !isAscii(bytes) ? decodeUtf8 : decodeLatin1)(bytes, 0, bytes.length);
    const rows = new RowScanner(text, isText ? this.#syntax : this.#byteSyntax, this.#blocks.line, isLast);
    for (;;) {
      const outcome = this.#withinLimit(rows, rows.read(), text, encoding);
      if (outcome === NO_ROW || outcome === OPEN_ROW) {
        const isOpen = outcome === OPEN_ROW;
        this.#blocks.line = isOpen ? rows.line : rows.nextLine;
        return isOpen ? Buffer.byteLength(text.slice(0, rows.start), encoding) : bytes.length;
      }
      this.#raw = { text: text.slice(rows.start, rows.stop), encoding };
      this.#handOver(rows, outcome, isText, consumer);
    }
  }

  #handOver(rows: RowScanner, outcome: Outcome, isText: boolean, consumer: RecordConsumer): void {
    let record: Record<string, unknown> | undefined;
    try {
      if (outcome === BAD_ROW) throw invalidValue(rows.reason);
      if (!isText) decodeFields(rows.fields);
      record = this.#records.record(rows.fields, rows.quoted);
    } catch (error) {
      // Without the names of the columns nothing more can be read.
      if (this.#records.atHeader && this.#records.columns === undefined) throw atLine(error, this.#name, rows.line);
      // A header that cannot be read is skipped, if the names of the columns are known.
      this.#records.atHeader = false;
      consumer.reject(error, rows.line);
      return;
    }
    if (record !== undefined) consumer.record(record, rows.line);
  }

  /** Refuses a row that is too long: its quote is not closed. */
  #withinLimit(rows: RowScanner, outcome: Outcome, text: string, encoding: 'latin1' | 'utf8'): Outcome {
    const end = outcome === OPEN_ROW ? text.length : rows.next;
    // A character has at most three bytes.
    if (outcome === NO_ROW || 3 * (end - rows.start) <= LONGEST_LINE) return outcome;
    const isTooLong = (stop: number) => Buffer.byteLength(text.slice(rows.start, stop), encoding) > LONGEST_LINE;
    if (!isTooLong(end)) return outcome;
    rows.refuse(`a quote is not closed within ${LONGEST_LINE} bytes`);
    if (isTooLong(rows.next)) throw atLine(lineTooLong(), this.#name, rows.line);
    return BAD_ROW;
  }

  /** Skips the lines before the first row. Returns how many bytes of the window they have. */
  #passLines(window: Buffer): number {
    let at = 0;
    while (this.#skip > 0 && at < window.length) {
      const end = window.indexOf(LINE_FEED, at);
      at = end < 0 ? window.length : end + 1;
      this.#skip--;
      this.#blocks.line++;
    }
    return at;
  }
}

/** A text whose characters are the bytes of `text` in UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
