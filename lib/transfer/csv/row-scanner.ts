import type { CsvSyntax } from './csv-syntax.ts';

const CARRIAGE_RETURN = 13;

/** What `read` found: a row; a row that cannot be read; a row whose end is not in the text; no further row. */
export const ROW = 0;
export const BAD_ROW = 1;
export const OPEN_ROW = 2;
export const NO_ROW = 3;
export type Outcome = typeof ROW | typeof BAD_ROW | typeof OPEN_ROW | typeof NO_ROW;

/**
 * Finds the rows of a text (RFC 4180). A line ends with a line feed, or with the input. A carriage return before that belongs to the line end.
 * If a row cannot be read, only its first line is lost: reading goes on at the next line. So a quote that is never closed costs one line.
 * No line is read more than twice. (A line that was read inside quotes has an even number of quotes. So a row that begins there does not go on
 * behind that line.)
 */
export class RowScanner {
  readonly #text: string;
  readonly #syntax: Pick<CsvSyntax, 'delimiter' | 'quote' | 'comment'>;
  readonly #isLast: boolean;
  /** The place of the first quote from `next` on; -1 if that is not known. */
  #quoteAt = -1;
  #nextLine: number;
  /** The row that was read: where it begins, where its last line ends (without the line end), and where the next line begins. */
  start = 0;
  stop = 0;
  next = 0;
  /** The number of the line in which the row begins. */
  line: number;
  /** How many lines the row has. */
  lines = 1;
  fields: string[] = [];
  /** Which fields are in quotes; undefined if none is. */
  quoted: boolean[] | undefined;
  /** Why the row cannot be read. */
  reason = '';

  /** `text` begins with a row, in line number `line`. It ends with a line feed, unless it is the end of the input (`isLast`). */
  constructor(text: string, syntax: Pick<CsvSyntax, 'delimiter' | 'quote' | 'comment'>, line: number, isLast: boolean) {
    this.#text = text;
    this.#syntax = syntax;
    this.#isLast = isLast;
    this.line = this.#nextLine = line;
  }

  /** The number of the line that begins at `next`. */
  get nextLine(): number {
    return this.#nextLine;
  }

  /** Skips blank lines and comments, and reads the next row. */
  read(): Outcome {
    const text = this.#text;
    const { delimiter, comment } = this.#syntax;
    for (;;) {
      const start = this.next;
      if (start >= text.length) return NO_ROW;
      this.start = start;
      this.line = this.#nextLine++;
      this.lines = 1;
      this.#passLine(start);
      const { stop } = this;
      if (stop === start || (comment !== undefined && text.startsWith(comment, start))) continue;
      this.quoted = undefined;
      if (this.#hasQuote(start, stop)) return this.#readQuoted();
      this.fields = text.slice(start, stop).split(delimiter);
      return ROW;
    }
  }

  /** Turns the row that was read into one that cannot be read: only its first line. */
  refuse(reason: string): void {
    this.reason = reason;
    this.lines = 1;
    this.#nextLine = this.line + 1;
    this.#quoteAt = -1;
    this.#passLine(this.start);
  }

  #readQuoted(): Outcome {
    const text = this.#text;
    const { delimiter } = this.#syntax;
    const quote = this.#syntax.quote as string;
    const fields: string[] = [];
    const quoted: boolean[] = [];
    let at = this.start;
    for (;;) {
      if (text[at] !== quote) {
        const rest = text.slice(at, this.stop);
        if (!this.#hasQuote(at, this.stop)) {
          for (const field of rest.split(delimiter)) fields.push(field);
          break;
        }
        const cut = rest.indexOf(delimiter);
        const field = cut < 0 ? rest : rest.slice(0, cut);
        if (field.includes(quote)) {
          return this.#bad(`field ${fields.length + 1} has a quote in it and does not begin with one`);
        }
        fields.push(field);
        // The quote is in a later field, which is read next.
        at += cut + delimiter.length;
        continue;
      }
      const close = this.#closingQuote(at, quote);
      if (close < 0) {
        if (!this.#isLast) return OPEN_ROW;
        return this.#bad(`the quote of field ${fields.length + 1} is not closed`);
      }
      while (close >= this.next) {
        this.lines++;
        this.#nextLine++;
        this.#passLine(this.next);
      }
      quoted[fields.length] = true;
      fields.push(text.slice(at + 1, close).replaceAll(quote + quote, quote));
      at = close + 1;
      if (at === this.stop) break;
      if (!text.startsWith(delimiter, at)) {
        // If each character of the text is a byte, a character beyond ASCII would be shown wrong.
        const found = text.charCodeAt(at) < 0x80 ? JSON.stringify(text[at]) : 'a character';
        return this.#bad(`after the closing quote of field ${fields.length} there is ${found} in place of a delimiter`);
      }
      at += delimiter.length;
    }
    this.fields = fields;
    this.quoted = quoted;
    return ROW;
  }

  #bad(reason: string): Outcome {
    this.refuse(reason);
    return BAD_ROW;
  }

  /** The place of the quote that closes the one at `open`; -1 if it is not in the text. Two quotes together are one quote of the field. */
  #closingQuote(open: number, quote: string): number {
    const text = this.#text;
    for (let at = open; ; at++) {
      at = text.indexOf(quote, at + 1);
      if (at < 0 || text[at + 1] !== quote) return at;
    }
  }

  #hasQuote(start: number, stop: number): boolean {
    const { quote } = this.#syntax;
    if (quote === undefined) return false;
    if (this.#quoteAt < start) {
      const at = this.#text.indexOf(quote, start);
      this.#quoteAt = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.#quoteAt < stop;
  }

  /** Sets `stop` and `next` to the end of the line of `start`. */
  #passLine(start: number): void {
    const text = this.#text;
    const end = text.indexOf('\n', start);
    this.next = end < 0 ? text.length : end + 1;
    let stop = end < 0 ? text.length : end;
    if (stop > start && text.charCodeAt(stop - 1) === CARRIAGE_RETURN) stop--;
    this.stop = stop;
  }
}
