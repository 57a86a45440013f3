import { invalidType, invalidValue } from '../base/errors.ts';
import { bytesToHex } from '../base/hex.ts';
import { numberToText } from '../base/number-text.ts';
import { bytesFromHex } from '../value/hex-text.ts';
import { type KeyText, typedJson } from '../value/text-form.ts';
import { double } from './double.ts';
import { Key } from './key.ts';
import { keyCell } from './key-cell.ts';
import {
  BYTES,
  DOUBLE,
  FLOAT,
  LONG_NEGATIVE,
  LONG_POSITIVE,
  NESTED,
  skipElement,
  UUID,
  VERSIONSTAMP,
  ZERO,
} from './tuple-format.ts';
import { readScalar, skipNestedPart, withoutEscapedZeros } from './tuple-read.ts';

/**
 * A tuple in JSON is an array. An element that has no form in JSON is an object with one property: {"bytes": "00ff"},
 * {"integer": "9223372036854775807"} or {"double": 1}. A double without a JSON number is text: {"double": "-0"}, {"double": "Infinity"}.
 * This is unambiguous, since no element of a tuple is an object.
 *
 * A program cannot write UUIDs, versionstamps and floats. A tuple with such an element is {"tuple": "…"}, with all its bytes in hexadecimal.
 */
export const tupleText: KeyText = {
  toJson,
  fromJson,
  toCell: toJson,
  fromCell: (cell, path) => fromJson(keyCell(cell, path, 'tuple'), path),
  typed: {
    wanted: 'an array, as \'["FR", "Paris", 1]\'',
    from(typed) {
      const json = typedJson(typed);
      return typeof json === 'object' && json !== null ? fromJson(withIntegers(json), 'key') : undefined;
    },
  },
  // An element of a tuple can be any field.
  fromField: (value) => value,
};

/** An integer that was typed in digits is stored as an integer, even if it is very large. A double is typed as {"double": …}. */
function withIntegers(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withIntegers);
  return Number.isInteger(json) && !Number.isSafeInteger(json) ? BigInt(json as number) : json;
}

function fromJson(json: unknown, path: string): unknown {
  if (Array.isArray(json)) return json.map((part, i) => partFrom(part, `${path}[${i}]`));
  if (typeof json === 'object' && json !== null && 'tuple' in json) return tupleFrom(json.tuple, path);
  throw invalidType(path, 'an array', json);
}

function partFrom(json: unknown, path: string): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((part, i) => partFrom(part, `${path}[${i}]`));
  const [name, ...more] = Object.keys(json);
  const value: unknown = name === undefined ? undefined : (json as Record<string, unknown>)[name];
  if (more.length === 0) {
    if (name === 'bytes') return bytesFromHex(value, path);
    if (name === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
    if (name === 'double' && typeof value === 'number') return double(value);
    if (name === 'double' && typeof value === 'string' && numberToText(Number(value)) === value)
      return double(Number(value));
  }
  throw invalidValue(
    `${path} is ${JSON.stringify(json)}: an object can be {"bytes": …}, {"integer": …} or {"double": …}`,
  );
}

function tupleFrom(hex: unknown, path: string): Key {
  const key = Key.fromBytes(bytesFromHex(hex, path));
  // Decode all elements: this throws `ERR_CODEC` if the bytes are not a tuple.
  key.toArray();
  return key;
}

function toJson(view: unknown): string {
  const bytes = (view as Key).toBuffer();
  try {
    return writeParts(bytes, 0, bytes.length, false);
  } catch (error) {
    if (error !== NO_FORM) throw error;
    return `{"tuple":"${bytesToHex(bytes, 0, bytes.length)}"}`;
  }
}

/** Thrown for an element that a program cannot write with the same bytes. */
const NO_FORM: unique symbol = Symbol('no JSON form');

function writeParts(bytes: Uint8Array, start: number, end: number, nested: boolean): string {
  let text = '[';
  for (let position = start; position < end; ) {
    const next = nested ? skipNestedPart(bytes, position, end) : skipElement(bytes, 0, position, end);
    text += (position === start ? '' : ',') + writePart(bytes, position, next);
    position = next;
  }
  return `${text}]`;
}

function writePart(bytes: Uint8Array, position: number, end: number): string {
  const code = bytes[position] as number;
  if (!isShortest(code, bytes, position)) throw NO_FORM;
  if (code === NESTED) return writeParts(bytes, position + 1, end - 1, true);
  if (code === BYTES) {
    const plain = withoutEscapedZeros(bytes, position + 1, end - 1);
    return `{"bytes":"${bytesToHex(plain, 0, plain.length)}"}`;
  }
  if (code === UUID || code === VERSIONSTAMP || code === FLOAT) throw NO_FORM;
  const part = readScalar(bytes, 0, position, end);
  if (typeof part === 'bigint') return `{"integer":"${part}"}`;
  if (code !== DOUBLE) return JSON.stringify(part);
  const number = part as number;
  if (Number.isNaN(number)) throw NO_FORM;
  // A number with a fraction is always written as a double.
  if (Number.isFinite(number) && !Number.isInteger(number)) return String(number);
  return Number.isSafeInteger(number) && !Object.is(number, -0)
    ? `{"double":${number}}`
    : `{"double":"${numberToText(number)}"}`;
}

/** Whether an integer has only the bytes that it needs; true for other elements. */
function isShortest(code: number, bytes: Uint8Array, position: number): boolean {
  if (code < LONG_NEGATIVE || code > LONG_POSITIVE || code === ZERO) return true;
  const flip = code < ZERO ? 0xff : 0;
  const isLong = code === LONG_NEGATIVE || code === LONG_POSITIVE;
  if (isLong && ((bytes[position + 1] as number) ^ flip) <= 8) return false;
  return ((bytes[position + (isLong ? 2 : 1)] as number) ^ flip) !== 0;
}
