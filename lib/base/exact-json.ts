import { invalidValue } from './errors.ts';

/**
 * Whether a parsed JSON value holds a number that may not be the one in the text: an integer beyond 2 ** 53, or one that
 * was too large for a double. Throws RangeError for what is nested too deep.
 */
function hasUnsafeNumber(value: unknown): boolean {
  if (typeof value === 'number') return value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    if (typeof inner === 'number') {
      if (inner > Number.MAX_SAFE_INTEGER || inner < Number.MIN_SAFE_INTEGER) return true;
    } else if (typeof inner === 'object' && inner !== null && hasUnsafeNumber(inner)) {
      return true;
    }
  }
  return false;
}

/** Parses a JSON text that `JSON.parse` takes: `parseJson`, which see. */
function parseExactly(text: string, printed: boolean): unknown {
  return new ExactParser(text, printed).parse();
}

/**
 * The value of a JSON text. An integer that no double holds comes as a bigint; with `printed`, only if it is not what a double
 * prints either. Throws SyntaxError for what is not JSON, `ERR_INVALID_ARG_VALUE` for any other number that no double holds, RangeError for what
 * is nested too deep.
 */
export function parseJson(text: string, printed: boolean): unknown {
  const value: unknown = JSON.parse(text);
  if (SUSPECT.test(text)) checkDecimals(text);
  return hasUnsafeNumber(value) ? parseExactly(text, printed) : value;
}

/** Why `parseJson` has refused a record. */
export function jsonRefusal(cause: unknown): unknown {
  if (cause instanceof SyntaxError) return invalidValue(`not JSON: ${cause.message}`);
  return cause instanceof RangeError ? invalidValue('the JSON is nested too deep to be read') : cause;
}

/** What a number looks like that may be changed by being made a double: it has more than 15 digits, or is very small. */
const SUSPECT = /\d[\d.]{16}|\d{16}[eE]|[eE]-\d{3}/;
const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/** Looks at the numbers of a JSON text, which are all digits outside of strings. */
function checkDecimals(text: string): void {
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    for (const [token] of text.slice(at, end).matchAll(NUMBER)) exactNumber(token);
    if (quote < 0) return;
    at = quote + 1;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
  }
}

/**
 * The number that a decimal's text stands for: a bigint for an integer that no double holds. `ERR_INVALID_ARG_VALUE` for another number that no
 * double holds: with as many digits as the text has, the double is written otherwise.
 */
export function exactNumber(text: string): number | bigint {
  const number = Number(text);
  if (!Number.isFinite(number)) throw invalidValue(`the number ${text} is too large for a double`);
  if (/^[+-]?\d+$/.test(text)) {
    if (Number.isSafeInteger(number)) return number;
    const exact = BigInt(text);
    return exact === BigInt(number) ? number : exact;
  }
  const digits = text.length > LONGEST ? undefined : digitsOf(text);
  if (digits === undefined) throw inexact(`a number of ${text.length} characters`);
  if (digits.length <= SURE_DIGITS && (Math.abs(number) >= LEAST_NORMAL || digits === '')) return number;
  if (digits.length <= MOST_DIGITS && digitsOf(number.toPrecision(digits.length)) === digits) return number;
  throw inexact(text);
}

function inexact(what: string): Error {
  return invalidValue(`no double holds ${what} exactly; write it as a string, or round it`);
}

/** In characters: what is longer is not looked at. */
const LONGEST = 400;

/** Any decimal of so many digits comes back from a normal double. */
const SURE_DIGITS = 15;
const LEAST_NORMAL = 2.2250738585072014e-308;
/** What `toPrecision` can give. */
const MOST_DIGITS = 100;

/** The digits of a decimal without zeros around them, its sign, its point and its exponent. */
function digitsOf(text: string): string {
  return text
    .replace(/e.*$/i, '')
    .replace(/^[+-]?[0.]*/, '')
    .replace('.', '')
    .replace(/0*$/, '');
}

/** `ERR_INVALID_ARG_VALUE` for a value of `parseJson` that the codec `json` cannot hold. */
export function checkForJson(value: unknown): void {
  const integer = inexactInteger(value);
  if (integer === undefined) return;
  throw invalidValue(`no double holds ${integer} exactly, and json has no other numbers; write it as a string`);
}

/** The first integer in a value that no double holds; undefined if there is none. */
function inexactInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = inexactInteger(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The double that is printed with the digits of an integer (its shortest ones, and zeros); undefined if there is none. */
export function printedDouble(integer: bigint): number | undefined {
  const number = Number(integer);
  return String(number) === String(integer) ? number : undefined;
}

/** Goes over a text that is known to be JSON. */
class ExactParser {
  readonly #text: string;
  readonly #printed: boolean;
  #at = 0;

  constructor(text: string, printed: boolean) {
    this.#text = text;
    this.#printed = printed;
  }

  parse(): unknown {
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === '{') return this.#parseObject();
    if (first === '[') return this.#parseArray();
    if (first === '"') return this.#parseString();
    const token = this.#take(/[^\s,\]}]+/y);
    if (!/^[-\d]/.test(token)) return JSON.parse(token);
    const number = exactNumber(token);
    return typeof number === 'bigint' && this.#printed ? (printedDouble(number) ?? number) : number;
  }

  #parseObject(): object {
    const object = {};
    while (this.#next('}')) {
      this.#skipSpace();
      const name = this.#parseString();
      this.#skipSpace();
      this.#at++;
      const value = this.parse();
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return object;
  }

  #parseArray(): unknown[] {
    const array: unknown[] = [];
    while (this.#next(']')) array.push(this.parse());
    return array;
  }

  /** Passes the bracket that opens, or a comma; false if it is the one that closes. */
  #next(close: string): boolean {
    this.#skipSpace();
    const passed = this.#text[this.#at++];
    if (passed === close) return false;
    this.#skipSpace();
    if (this.#text[this.#at] !== close) return true;
    this.#at++;
    return false;
  }

  #parseString(): string {
    return JSON.parse(this.#take(/"(?:[^"\\]|\\.)*"/y)) as string;
  }

  #skipSpace(): void {
    this.#take(/\s*/y);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += token.length;
    return token;
  }
}
