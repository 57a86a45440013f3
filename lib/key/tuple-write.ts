import { invalidType, invalidValue, outOfRange } from '../base/errors.ts';
import { writeOrdered } from '../base/float.ts';
import {
  arrayIsArray,
  bigIntToString,
  isNotANumber,
  isSafeInteger,
  isUint8Array,
  mathClz32,
  PrimordialNumber,
  parseInteger,
  stringIncludes,
  stringSlice,
  typedArrayLength,
} from '../base/primordials.ts';
import { loneSurrogate, writeText } from '../base/text.ts';
import { checkWriter, type Writer } from '../base/writer.ts';
import { appendBytes } from '../lease/bytes.ts';
import { bytesOf, lengthOf, type Place, placeOf, startOf } from '../lease/sink.ts';
import { Double } from './double.ts';
import {
  BYTES,
  DEEPEST,
  DOUBLE,
  ESCAPE,
  FALSE,
  LARGEST_INTEGER,
  LONG_NEGATIVE,
  LONG_POSITIVE,
  NESTED,
  NULL,
  skipElement,
  TEXT,
  TRUE,
  ZERO,
} from './tuple-format.ts';

/** An array with its index in the array around it, and so on up to the key. Errors name an element by these indices. */
interface Around {
  readonly parent: Around | null;
  readonly index: number;
  readonly depth: number;
}

/** The outermost `Around` of a tuple that is a value. For a key it is null. */
const VALUE: Around = Object.freeze({ parent: null, index: -1, depth: -1 });

const LARGEST_SAFE = 2n ** 53n - 1n;

const EXPECTED = 'null, a boolean, number, bigint, string, Uint8Array, array, Key, Value or double(n)';

type KeyPlace = (value: object) => Place | undefined;
let keyPlaceOf: KeyPlace = () => undefined;

/** Sets the function that finds the bytes of a Key. `key.ts` imports this file, so this file cannot import `key.ts`. */
export function registerKeyClass(find: KeyPlace): void {
  keyPlaceOf = find;
}

/**
 * Appends a tuple that is a key: the elements of an array, or the bytes of a Key. Reading the array may run user code, which may use the
 * writer: at these moments, the writer's position is after all that has been written. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` and
 * `ERR_OUT_OF_RANGE` name the element.
 */
export function writeTuple(tuple: unknown, writer: Writer): undefined {
  writeRoot(writer, tuple, null);
}

/** The same for a tuple that is a value, which errors name so. */
export function writeTupleValue(tuple: unknown, writer: Writer): undefined {
  writeRoot(writer, tuple, VALUE);
}

function writeRoot(writer: Writer, tuple: unknown, around: Around | null): void {
  checkWriter(writer);
  if (arrayIsArray(tuple)) {
    writeElements(writer, tuple, around, false);
    return;
  }
  const place = typeof tuple === 'object' && tuple !== null ? keyPlaceOf(tuple) : undefined;
  if (place === undefined) throw invalidType(rootName(around), 'an array (["FR", 1]) or a Key', tuple);
  const { lease, at, span } = place;
  appendBytes(writer, bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span));
}

function writeElements(writer: Writer, array: readonly unknown[], parent: Around | null, nested: boolean): void {
  const depth = parent === null ? 0 : parent.depth + 1;
  const { length } = array;
  for (let index = 0; index < length; index++) {
    const element = array[index];
    if (typeof element === 'string') writeString(writer, element, parent, index);
    else if (typeof element === 'number') writeNumber(writer, element, parent, index);
    else if (element === null) writeNull(writer, nested);
    else if (arrayIsArray(element)) writeNested(writer, element, { parent, index, depth });
    else writeOther(writer, element, parent, index);
  }
}

function writeNested(writer: Writer, array: readonly unknown[], around: Around): void {
  checkDepth(around.depth, around.parent, around.index);
  writeByte(writer, NESTED);
  writeElements(writer, array, around, true);
  writeByte(writer, 0);
}

function writeOther(writer: Writer, element: unknown, parent: Around | null, index: number): void {
  if (typeof element === 'boolean') {
    writeByte(writer, element ? TRUE : FALSE);
  } else if (typeof element === 'bigint') {
    writeBigInt(writer, element, parent, index);
  } else if (isUint8Array(element)) {
    writeBytes(writer, element, 0, typedArrayLength(element));
  } else if (typeof element === 'object' && element !== null) {
    const number = Double.valueOf(element);
    if (number !== undefined) writeDouble(writer, number);
    else writeSink(writer, element, parent, index);
  } else {
    throw invalidType(nameOf(parent, index), EXPECTED, element);
  }
}

/** Appends a Key as a nested tuple, and any other sink as bytes. */
function writeSink(writer: Writer, element: object, parent: Around | null, index: number): void {
  const key = keyPlaceOf(element);
  const place = key ?? placeOf(element);
  if (place === undefined) throw invalidType(nameOf(parent, index), EXPECTED, element);
  const { lease, at, span } = place;
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (key === undefined) writeBytes(writer, bytes, start, length);
  else writeKey(writer, bytes, start, start + length, parent, index);
}

/** Appends a Key as a nested tuple. There, the Key's own nulls must be escaped. The nulls of its nested tuples are escaped already. */
function writeKey(
  writer: Writer,
  bytes: Uint8Array,
  start: number,
  end: number,
  parent: Around | null,
  index: number,
): void {
  checkDepth(parent === null ? 0 : parent.depth + 1, parent, index);
  writeByte(writer, NESTED);
  for (let position = start; position < end; ) {
    const next = skipElement(bytes, start, position, end);
    if (bytes[position] === NULL) writeNull(writer, true);
    else appendBytes(writer, bytes, position, next - position);
    position = next;
  }
  writeByte(writer, 0);
}

function writeByte(writer: Writer, byte: number): void {
  writer.reserve(1);
  writer.bytes[writer.position++] = byte;
}

function writeNull(writer: Writer, nested: boolean): void {
  writeByte(writer, NULL);
  if (nested) writeByte(writer, ESCAPE);
}

function writeString(writer: Writer, text: string, parent: Around | null, index: number): void {
  writeByte(writer, TEXT);
  const from = writer.position;
  if (writeText(writer, text) < 0) throw loneSurrogate(nameOf(parent, index));
  if (stringIncludes(text, '\0')) escapeZeros(writer, from);
  writeByte(writer, 0);
}

/** Replaces each 00 from `from` to the writer's position by 00 FF. Works backwards, so that no byte is overwritten before it is read. */
function escapeZeros(writer: Writer, from: number): void {
  let zeros = 0;
  const end = writer.position;
  for (let i = from; i < end; i++) if (writer.bytes[i] === 0) zeros++;
  writer.reserve(zeros);
  const { bytes } = writer;
  writer.position = end + zeros;
  for (let i = end - 1, k = end + zeros - 1; k > i; i--) {
    if (bytes[i] === 0) bytes[k--] = ESCAPE;
    bytes[k--] = bytes[i] as number;
  }
}

function writeBytes(writer: Writer, source: Uint8Array, start: number, length: number): void {
  writer.reserve(2 * length + 2);
  const { bytes } = writer;
  let position = writer.position;
  bytes[position++] = BYTES;
  for (let i = start; i < start + length; i++) {
    const byte = source[i] as number;
    bytes[position++] = byte;
    if (byte === 0) bytes[position++] = ESCAPE;
  }
  bytes[position++] = 0;
  writer.position = position;
}

/** Appends a safe integer as an integer, -0 as 0, and every other number as a double. */
function writeNumber(writer: Writer, number: number, parent: Around | null, index: number): void {
  if (isSafeInteger(number)) writeInteger(writer, number);
  else if (isNotANumber(number)) throw outOfRange(nameOf(parent, index), 'a number other than NaN', number);
  else writeDouble(writer, number);
}

function writeDouble(writer: Writer, number: number): void {
  writer.reserve(9);
  writer.bytes[writer.position] = DOUBLE;
  writeOrdered(writer.bytes, writer.position + 1, number);
  writer.position += 9;
}

function writeInteger(writer: Writer, number: number): void {
  const size = number < 0 ? -number : number;
  const low = size >>> 0;
  const high = (size - low) / 2 ** 32;
  const length = high === 0 ? 4 - (mathClz32(low) >>> 3) : 8 - (mathClz32(high) >>> 3);
  const flip = number < 0 ? 0xff : 0;
  writer.reserve(9);
  const { bytes } = writer;
  let { position } = writer;
  bytes[position++] = number < 0 ? ZERO - length : ZERO + length;
  for (let i = length - 1; i >= 0; i--) {
    bytes[position++] = (i >= 4 ? high >>> (8 * (i - 4)) : low >>> (8 * i)) ^ flip;
  }
  writer.position = position;
}

function writeBigInt(writer: Writer, integer: bigint, parent: Around | null, index: number): void {
  if (integer >= -LARGEST_SAFE && integer <= LARGEST_SAFE) {
    writeInteger(writer, PrimordialNumber(integer));
    return;
  }
  const negative = integer < 0n;
  const digits = bigIntToString(negative ? -integer : integer, 16);
  const length = (digits.length + 1) >>> 1;
  if (length > LARGEST_INTEGER) {
    throw outOfRange(nameOf(parent, index), `a bigint of at most ${LARGEST_INTEGER} bytes`, `one of ${length}`);
  }
  const flip = negative ? 0xff : 0;
  writer.reserve(2 + length);
  const { bytes } = writer;
  let { position } = writer;
  if (length <= 8) {
    bytes[position++] = negative ? ZERO - length : ZERO + length;
  } else {
    bytes[position++] = negative ? LONG_NEGATIVE : LONG_POSITIVE;
    bytes[position++] = length ^ flip;
  }
  for (let i = digits.length - 2 * length; i < digits.length; i += 2) {
    bytes[position++] = parseInteger(stringSlice(digits, i < 0 ? 0 : i, i + 2), 16) ^ flip;
  }
  writer.position = position;
}

function checkDepth(depth: number, parent: Around | null, index: number): void {
  if (depth < DEEPEST) return;
  // The name of an element this deep is very long, so the message has only the beginning of it.
  throw invalidValue(`${nameOf(parent, index).slice(0, 60)}… is nested deeper than ${DEEPEST} arrays`);
}

function nameOf(parent: Around | null, index: number): string {
  return `${parent === null || parent === VALUE ? rootName(parent) : nameOf(parent.parent, parent.index)}[${index}]`;
}

function rootName(around: Around | null): string {
  return around === VALUE ? 'value' : 'key';
}
