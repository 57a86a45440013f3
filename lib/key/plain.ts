import { bytesToHex } from '../hex.ts';
import { copyBytes } from '../lease/bytes.ts';
import type { JsonPart, PlainPart } from './part.ts';
import { BYTES, NESTED, skipElement } from './tuple-format.ts';
import { isSinkCode, readScalar, skipNestedPart, withoutEscapedZeros } from './tuple-read.ts';

/** All elements from `start` to `end`, copied out of a key that begins at `origin`. `ERR_CODEC`. */
export function readPlain(bytes: Uint8Array, origin: number, start: number, end: number): PlainPart[] {
  const parts: PlainPart[] = [];
  for (let position = start; position < end; ) {
    const next = skipElement(bytes, origin, position, end);
    parts.push(readPlainPart(bytes, origin, position, next));
    position = next;
  }
  return parts;
}

/** The element from `position` to `end`, which `skipElement` has gone over. */
function readPlainPart(bytes: Uint8Array, origin: number, position: number, end: number): PlainPart {
  const code = bytes[position] as number;
  if (!isSinkCode(code)) return readScalar(bytes, origin, position, end);
  if (code === NESTED) return readNested(bytes, origin, position + 1, end - 1);
  if (code === BYTES) return withoutEscapedZeros(bytes, position + 1, end - 1);
  return copyBytes(bytes, position + 1, end - position - 1);
}

/** In a nested tuple a null is two bytes long. */
function readNested(bytes: Uint8Array, origin: number, start: number, end: number): PlainPart[] {
  const parts: PlainPart[] = [];
  for (let position = start; position < end; ) {
    const next = skipNestedPart(bytes, position, end);
    parts.push(readPlainPart(bytes, origin, position, next));
    position = next;
  }
  return parts;
}

export function toJsonPart(part: PlainPart): JsonPart {
  if (Array.isArray(part)) return part.map(toJsonPart);
  if (typeof part === 'bigint') return part.toString();
  if (typeof part === 'object' && part !== null) return bytesToHex(part, 0, part.length);
  return part;
}
