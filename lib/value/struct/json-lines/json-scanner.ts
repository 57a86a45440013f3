import { latin1Slice } from '../../../base/platform.ts';

/** Powers of ten that a double holds exactly. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** An integer of so many digits is exact in a double. */
const EXACT_DIGITS = 15;

const SPACE = 0x20;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;

/** Goes over the bytes of JSON text from left to right. */
export class JsonScanner {
  source: Uint8Array = new Uint8Array(0);
  /** Where the next byte is read. */
  at = 0;

  /** Passes a label and its colon, if they are next. */
  isNext(label: Uint8Array): boolean {
    const source = this.source;
    const start = this.at;
    const { length } = label;
    for (let k = 0; k < length; k++) if (source[start + k] !== label[k]) return false;
    this.at = start + length;
    this.skipSpaces();
    if (source[this.at] !== COLON) return false;
    this.at++;
    this.skipSpaces();
    return true;
  }

  skipSpaces(): void {
    while (this.source[this.at] === SPACE) this.at++;
  }

  readBool(): number {
    const source = this.source;
    const at = this.at;
    const isTrue = source[at] === 0x74 && source[at + 1] === 0x72 && source[at + 2] === 0x75 && source[at + 3] === 0x65;
    if (isTrue) {
      this.at = at + 4;
      return 1;
    }
    const isFalse =
      source[at] === 0x66 && source[at + 1] === 0x61 && source[at + 2] === 0x6c && source[at + 3] === 0x73;
    if (!isFalse || source[at + 4] !== 0x65) return Number.NaN;
    this.at = at + 5;
    return 0;
  }

  /**
   * A number as JSON has it, NaN for what is none or needs more care: an exponent, an integer beyond what a double holds
   * for sure. Up to 15 digits are an exact integer, and a quotient of two exact doubles is rounded once, as it should be.
   */
  readNumber(onlyInteger: boolean): number {
    const source = this.source;
    const start = this.at;
    let at = start;
    const negative = source[at] === MINUS;
    if (negative) at++;
    const first = at;
    let digits = 0;
    let byte = source[at] as number;
    while (byte >= ZERO && byte <= ZERO + 9) {
      digits = 10 * digits + byte - ZERO;
      byte = source[++at] as number;
    }
    const length = at - first;
    if (length === 0 || (length > 1 && source[first] === ZERO)) return Number.NaN;
    let fraction = 0;
    if (byte === DOT) {
      const point = at;
      byte = source[++at] as number;
      while (byte >= ZERO && byte <= ZERO + 9) {
        digits = 10 * digits + byte - ZERO;
        byte = source[++at] as number;
      }
      fraction = at - point - 1;
      if (fraction === 0 || onlyInteger) return Number.NaN;
    }
    if (byte === 0x65 || byte === 0x45) return Number.NaN;
    this.at = at;
    if (length + fraction > EXACT_DIGITS) {
      const text = latin1Slice(source, start, at);
      // What a double is not written as may not be what the text says.
      return fraction > 0 && String(Number(text)) === text ? Number(text) : Number.NaN;
    }
    const size = fraction === 0 ? digits : digits / (POWERS[fraction] as number);
    return negative ? -size : size;
  }
}
