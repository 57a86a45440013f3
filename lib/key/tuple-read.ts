import { readOrdered } from '../base/float.ts';
import {
  isSafeInteger,
  PrimordialBigInt,
  PrimordialNumber,
  PrimordialUint8Array,
  typedArrayLength,
} from '../base/primordials.ts';
import { readText } from '../base/text.ts';
import { copyInto } from '../lease/bytes.ts';
import {
  BYTES,
  DOUBLE,
  ESCAPE,
  FALSE,
  FLOAT,
  isEscape,
  LONG_NEGATIVE,
  LONG_POSITIVE,
  malformedKey,
  NESTED,
  NULL,
  skipElement,
  TEXT,
  TRUE,
  textEnd,
  UUID,
  VERSIONSTAMP,
  ZERO,
} from './tuple-format.ts';

/** An element that is decoded to a JavaScript value. Bytes and nested tuples are not decoded: a sink reads them. */
type ScalarPart = null | boolean | number | bigint | string;

/** Whether the element of this code is read as a sink: bytes, a UUID, a versionstamp, a nested tuple. */
export function isSinkCode(code: number): boolean {
  return code === BYTES || code === NESTED || code === UUID || code === VERSIONSTAMP;
}

/** Decodes the element at `position`, which must not be read as a sink. Reads nothing from `end` on. `ERR_CODEC`. */
export function readScalar(bytes: Uint8Array, origin: number, position: number, end: number): ScalarPart {
  const code = bytes[position] as number;
  if (code === TEXT) return readTextPart(bytes, origin, position + 1, end);
  const next = skipElement(bytes, origin, position, end);
  if (code > LONG_NEGATIVE && code < LONG_POSITIVE) return readInteger(bytes, position + 1, next, code < ZERO);
  switch (code) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case DOUBLE:
      return readOrdered(bytes, position + 1, 8);
    case FLOAT:
      return readOrdered(bytes, position + 1, 4);
    default:
      return readInteger(bytes, position + 2, next, code === LONG_NEGATIVE);
  }
}

function readTextPart(bytes: Uint8Array, origin: number, start: number, end: number): string {
  // Usually the first 00 ends the string, and there is nothing to unescape.
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  let text: string | undefined;
  if (stop < end && !isEscape(bytes, stop + 1, end)) {
    text = readText(bytes, start, stop);
  } else {
    const plain = withoutEscapedZeros(bytes, start, textEnd(bytes, origin, start, end));
    text = readText(plain, 0, typedArrayLength(plain));
  }
  if (text === undefined) throw malformedKey('a string that is not UTF-8', origin, start - 1);
  return text;
}

/** A private copy of the content from `start` to `end`, in which each 00 FF is a 00. */
export function withoutEscapedZeros(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  let length = end - start;
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0 && isEscape(bytes, i + 1, end)) length--;
  }
  const plain = new PrimordialUint8Array(length);
  for (let i = start, k = 0; k < length; i++, k++) {
    plain[k] = bytes[i] as number;
    if (bytes[i] === 0 && bytes[i + 1] === ESCAPE) i++;
  }
  return plain;
}

/**
 * A private copy of the elements of a nested tuple, in which each null has one byte, as in a tuple that is not nested. Undefined if
 * there is no null: then the bytes can be read where they lie. `skipElement` must have checked them.
 */
export function withoutEscapes(bytes: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> | undefined {
  let nulls = 0;
  for (let position = start; position < end; position = skipNestedPart(bytes, position, end)) {
    if (bytes[position] === NULL) nulls++;
  }
  if (nulls === 0) return undefined;
  const own = new PrimordialUint8Array(end - start - nulls);
  let length = 0;
  for (let position = start; position < end; ) {
    const next = skipNestedPart(bytes, position, end);
    const size = bytes[position] === NULL ? 1 : next - position;
    copyInto(own, length, bytes, position, size);
    length += size;
    position = next;
  }
  return own;
}

/** The index just after an element of a nested tuple. */
export function skipNestedPart(bytes: Uint8Array, position: number, end: number): number {
  return bytes[position] === NULL ? position + 2 : skipElement(bytes, 0, position, end);
}

/** Reads a big-endian integer: a number if it is safe, else a bigint. */
function readInteger(bytes: Uint8Array, start: number, end: number, negative: boolean): number | bigint {
  const flip = negative ? 0xff : 0;
  if (end - start > 8) return readLongInteger(bytes, start, end, negative);
  let high = 0;
  let low = 0;
  for (let i = start; i < end; i++) {
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | ((bytes[i] as number) ^ flip)) >>> 0;
  }
  const size = high * 2 ** 32 + low;
  // From 2 ** 53 on, a double may have been rounded. And an integer is never -0.
  if (size < 2 ** 53) return negative && size !== 0 ? -size : size;
  const exact = (PrimordialBigInt(high) << 32n) | PrimordialBigInt(low);
  return negative ? -exact : exact;
}

function readLongInteger(bytes: Uint8Array, start: number, end: number, negative: boolean): number | bigint {
  const flip = negative ? 0xff : 0;
  let size = 0n;
  for (let i = start; i < end; i++) size = (size << 8n) | PrimordialBigInt((bytes[i] as number) ^ flip);
  const exact = negative ? -size : size;
  const number = PrimordialNumber(exact);
  return isSafeInteger(number) ? number : exact;
}
