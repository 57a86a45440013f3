import { invalidType, invalidValue } from '../../base/errors.ts';
import { bytesToHex, hexToBytes } from '../../base/hex.ts';
import { double } from '../../key/double.ts';
import { Key } from '../../key/key.ts';
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
} from '../../key/tuple-format.ts';
import { readScalar, skipNestedPart, withoutEscapedZeros } from '../../key/tuple-read.ts';
import type { Value } from '../../value/value.ts';
import { numberToText } from './number-text.ts';

/*
 * Keys as JSON. `utf8` is a string, `uint32` a number, `bytes` a string of hexadecimal digits. A tuple is an array; what JSON
 * has no form for stands in an object of one property, which no element of a tuple is: {"bytes": "00ff"},
 * {"integer": "9223372036854775807"}, {"double": 1} (or its digits as a string: "-0", "Infinity", …). A tuple with elements that a program
 * cannot write (UUIDs, versionstamps, floats) is {"tuple": "…"}, all its bytes in hexadecimal.
 */

/** A key from its JSON form. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function keyFromJson(json: unknown, codec: string): unknown {
  switch (codec) {
    case 'bytes':
      return bytesFrom(json, 'key');
    case 'tuple':
      if (Array.isArray(json)) return json.map((part, i) => partFrom(part, `key[${i}]`));
      if (typeof json === 'object' && json !== null && 'tuple' in json) return tupleFrom(json.tuple);
      throw invalidType('key', 'an array', json);
    default:
      return json;
  }
}

function partFrom(json: unknown, path: string): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((part, i) => partFrom(part, `${path}[${i}]`));
  const [name, ...more] = Object.keys(json);
  const value: unknown = name === undefined ? undefined : (json as Record<string, unknown>)[name];
  if (more.length === 0) {
    if (name === 'bytes') return bytesFrom(value, path);
    if (name === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
    if (name === 'double' && typeof value === 'number') return double(value);
    if (name === 'double' && typeof value === 'string' && numberToText(Number(value)) === value)
      return double(Number(value));
  }
  throw invalidValue(
    `${path} is ${JSON.stringify(json)}: an object can be {"bytes": …}, {"integer": …} or {"double": …}`,
  );
}

function bytesFrom(json: unknown, path: string): Uint8Array {
  const bytes = typeof json === 'string' ? hexToBytes(json) : undefined;
  if (bytes === undefined) throw invalidType(path, 'bytes in hexadecimal', json);
  return bytes;
}

function tupleFrom(hex: unknown): Key {
  const key = Key.fromBytes(bytesFrom(hex, 'key'));
  // Goes over all of it: `ERR_CODEC` for what is no tuple.
  key.toArray();
  return key;
}

/** A key's JSON form, of which `keyFromJson` makes the same bytes. `key` is what the codec gives. */
export function keyToJson(key: unknown, codec: string): string {
  if (codec === 'tuple') return tupleToJson((key as Key).toBuffer());
  if (codec !== 'bytes') return JSON.stringify(key);
  const bytes = (key as Value).toBuffer();
  return `"${bytesToHex(bytes, 0, bytes.length)}"`;
}

function tupleToJson(bytes: Uint8Array): string {
  try {
    return writeParts(bytes, 0, bytes.length, false);
  } catch (error) {
    if (error !== NO_FORM) throw error;
    return `{"tuple":"${bytesToHex(bytes, 0, bytes.length)}"}`;
  }
}

/** Thrown for an element that a program could not write as it stands there. */
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
  // A number with a fraction is written as a double anyway.
  if (Number.isFinite(number) && !Number.isInteger(number)) return String(number);
  return Number.isSafeInteger(number) && !Object.is(number, -0)
    ? `{"double":${number}}`
    : `{"double":"${numberToText(number)}"}`;
}

/** Whether an integer has no more bytes than it needs; true for other elements. */
function isShortest(code: number, bytes: Uint8Array, position: number): boolean {
  if (code < LONG_NEGATIVE || code > LONG_POSITIVE || code === ZERO) return true;
  const flip = code < ZERO ? 0xff : 0;
  const isLong = code === LONG_NEGATIVE || code === LONG_POSITIVE;
  if (isLong && ((bytes[position + 1] as number) ^ flip) <= 8) return false;
  return ((bytes[position + (isLong ? 2 : 1)] as number) ^ flip) !== 0;
}
