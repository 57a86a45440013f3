import { LeaseholdError } from '../base/errors.ts';

/*
 * The FoundationDB tuple layer (design/tuple.md in apple/foundationdb). Each element has a code, and bytes that depend on the code.
 * The bytes sort as the tuples do.
 */
export const NULL = 0x00;
export const BYTES = 0x01;
export const TEXT = 0x02;
export const NESTED = 0x05;
/** An integer of more than 8 bytes: the code, a byte with the length, then the bytes. If it is negative, length and bytes are complemented. */
export const LONG_NEGATIVE = 0x0b;
export const LONG_POSITIVE = 0x1d;
/** The integer 0. A positive integer of n bytes has the code 0x14 + n, a negative one 0x14 - n. */
export const ZERO = 0x14;
export const FLOAT = 0x20;
export const DOUBLE = 0x21;
export const FALSE = 0x26;
export const TRUE = 0x27;
export const UUID = 0x30;
export const VERSIONSTAMP = 0x33;

/** After a 00: the 00 is part of the content, and does not end the element. */
export const ESCAPE = 0xff;

const UUID_SIZE = 16;
const VERSIONSTAMP_SIZE = 12;
/** How many bytes an integer can have. */
export const LARGEST_INTEGER = 255;
/** How deep tuples can be nested. A key of 511 bytes has no room for more. The bound keeps a cyclic array from overflowing the stack. */
export const DEEPEST = 256;

/** The `ERR_CODEC` for the byte at `position` of a key that begins at `origin`. */
export function malformedKey(what: string, origin: number, position: number): LeaseholdError {
  return new LeaseholdError('ERR_CODEC', `the key is not a tuple: ${what} at byte ${position - origin}`);
}

/** The index just after the element at `position`. Reads nothing from `end` on. `ERR_CODEC`. */
export function skipElement(bytes: Uint8Array, origin: number, position: number, end: number): number {
  return bytes[position] === NESTED ? skipNested(bytes, origin, position, end) : skipFlat(bytes, origin, position, end);
}

function skipNested(bytes: Uint8Array, origin: number, position: number, end: number): number {
  let depth = 0;
  let next = position;
  while (next < end) {
    const code = bytes[next] as number;
    if (code === NESTED) {
      if (++depth > DEEPEST) throw malformedKey(`tuples nested deeper than ${DEEPEST}`, origin, next);
      next++;
    } else if (code === NULL) {
      if (isEscape(bytes, next + 1, end)) {
        next += 2;
      } else {
        next++;
        if (--depth === 0) return next;
      }
    } else {
      next = skipFlat(bytes, origin, next, end);
    }
  }
  throw malformedKey('a nested tuple without an end', origin, position);
}

function skipFlat(bytes: Uint8Array, origin: number, position: number, end: number): number {
  const code = bytes[position] as number;
  if (code === TEXT || code === BYTES) {
    return textEnd(bytes, origin, position + 1, end) + 1;
  }
  const next = position + 1 + fixedSize(bytes, origin, position, end, code);
  if (next > end) throw malformedKey(`an element of code ${hex(code)} cut short`, origin, position);
  return next;
}

/** How many bytes follow the code of an element that does not end with a 00. */
function fixedSize(bytes: Uint8Array, origin: number, position: number, end: number, code: number): number {
  if (code > LONG_NEGATIVE && code < LONG_POSITIVE) return code < ZERO ? ZERO - code : code - ZERO;
  switch (code) {
    case NULL:
    case FALSE:
    case TRUE:
      return 0;
    case DOUBLE:
      return 8;
    case FLOAT:
      return 4;
    case UUID:
      return UUID_SIZE;
    case VERSIONSTAMP:
      return VERSIONSTAMP_SIZE;
    case LONG_POSITIVE:
    case LONG_NEGATIVE:
      if (position + 1 >= end) return 1;
      return 1 + ((bytes[position + 1] as number) ^ (code === LONG_NEGATIVE ? 0xff : 0));
    default:
      throw malformedKey(`the unknown code ${hex(code)}`, origin, position);
  }
}

/** The index of the 00 that ends the string or bytes whose content begins at `position`. */
export function textEnd(bytes: Uint8Array, origin: number, position: number, end: number): number {
  for (let i = position; i < end; i++) {
    if (bytes[i] !== 0) continue;
    if (!isEscape(bytes, i + 1, end)) return i;
    i++;
  }
  throw malformedKey('a string or bytes without an end', origin, position - 1);
}

export function isEscape(bytes: Uint8Array, position: number, end: number): boolean {
  return position < end && bytes[position] === ESCAPE;
}

function hex(code: number): string {
  return code.toString(16).padStart(2, '0');
}
