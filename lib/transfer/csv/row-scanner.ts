import type { CsvSyntax } from './csv-syntax.ts';

const CARRIAGE_RETURN = 13;

/** What `read` found: a row; one that cannot be read; one whose end is not in the text; nothing more. */
export const ROW = 0;
export const BAD_ROW = 1;
export const OPEN_ROW = 2;
export const NO_ROW = 3;
export type Outcome = typeof ROW | typeof BAD_ROW | typeof OPEN_ROW | typeof NO_ROW;

/**
 * Finds the rows of a text (RFC 4180). A line ends with a line feed, a carriage return before it is part of that, and so it is at the end
 * of the input. A row that cannot be read is its first line alone: reading goes on at the next line, so that a quote that is
 * never closed costs one line. Every line is passed twice at most: one that was passed inside of quotes has an even number of
 * them, so that no row which begins there is open at its end.
 */
export class RowScanner {
  readonly #text: string;
  readonly #syntax: Pick<CsvSyntax, 'delimiter' | 'quote' | 'comment'>;
  readonly #isLast: boolean;
  /** A quote stands here, and none between `next` and here; -1 if that is not known. */
  #quoteAt = -1;
  #nextLine: number;
  /** The row that was read: where it begins, where its last line ends (without the line end), and where the next row may begin. */
  start = 0;
  stop = 0;
  next = 0;
  /** The line that the row begins in. */
  line: number;
  /** How many lines it takes. */
  lines = 1;
  fields: string[] = [];
  /** Which fields stand in quotes; undefined if none does. */
  quoted: boolean[] | undefined;
  /** Why a row cannot be read. */
  reason = '';

  /** `text` begins at `line`, with a row. It ends behind a line feed, unless it `isLast`: the end of the input. */
  constructor(text: string, syntax: Pick<CsvSyntax, 'delimiter' | 'quote' | 'comment'>, line: number, isLast: boolean) {
    this.#text = text;
    this.#syntax = syntax;
    this.#isLast = isLast;
    this.line = this.#nextLine = line;
  }

  /** The line that `next` stands in. */
  get nextLine(): number {
    return this.#nextLine;
  }

  /** Passes blank lines and comments, and reads the next row. */
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

  /** Makes the row that was read one that cannot be read. */
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
        // What has a quote in it goes on behind the delimiter.
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
        // A text that holds a byte a character would show others.
        const found = text.charCodeAt(at) < 0x80 ? JSON.stringify(text[at]) : 'a character';
        return this.#bad(`behind the closing quote of field ${fields.length} stands ${found}, and no delimiter`);
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

  /** The quote that closes the one at `open`: two together are one of the field's. -1 if it is not in the text. */
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

  /** Sets `stop` and `next` to the end of the line that `start` stands in. */
  #passLine(start: number): void {
    const text = this.#text;
    const end = text.indexOf('\n', start);
    this.next = end < 0 ? text.length : end + 1;
    let stop = end < 0 ? text.length : end;
    if (stop > start && text.charCodeAt(stop - 1) === CARRIAGE_RETURN) stop--;
    this.stop = stop;
  }
}
