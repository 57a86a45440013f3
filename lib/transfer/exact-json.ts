/**
 * Whether a parsed JSON value holds a number that may not be the one in the text: an integer beyond 2 ** 53, or one that
 * was too large for a double. Throws RangeError for what is nested too deep.
 */
export function hasUnsafeNumber(value: unknown): boolean {
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

/**
 * Parses a JSON text that `JSON.parse` takes. An integer that no double holds comes as a bigint; with `printed`, only if it
 * is not what a double prints either. Throws SyntaxError for a number that is too large for a double.
 */
export function parseExactly(text: string, printed: boolean): unknown {
  return new ExactParser(text, printed).parse();
}

/**
 * The value of a JSON text, to the last digit of its integers; with `printed`, they may be what doubles print. Throws SyntaxError for
 * what is no JSON, RangeError for what is nested too deep.
 */
export function parseJson(text: string, printed: boolean): unknown {
  const value: unknown = JSON.parse(text);
  return hasUnsafeNumber(value) ? parseExactly(text, printed) : value;
}

/** The number that a decimal's text stands for: a bigint for an integer that no double holds. Throws SyntaxError. */
export function exactNumber(text: string): number | bigint {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new SyntaxError(`the number ${text} is too large for a double`);
  if (Number.isSafeInteger(number) || !/^[+-]?\d+$/.test(text)) return number;
  const exact = BigInt(text);
  return exact === BigInt(number) ? number : exact;
}

/** The first integer in a value that `parseExactly` gave which no double holds; undefined if there is none. */
export function inexactInteger(value: unknown): bigint | undefined {
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
