import { allocateBytes } from '../base/allocate.ts';
import { bufferCompare } from '../base/platform.ts';
import {
  mathImul,
  PrimordialUint8Array,
  typedArrayBuffer,
  typedArrayByteOffset,
  typedArrayLength,
  typedArraySet,
} from '../base/primordials.ts';
import type { Writer } from '../base/writer.ts';

/** Up to this many bytes, a loop in JavaScript is faster than a call into the runtime. */
const SHORT = 48;

/** A private copy of `length` bytes of `source` from `start` on. Throws `ENOMEM`. */
export function copyBytes(source: Uint8Array, start: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = allocateBytes(length);
  copyInto(copy, 0, source, start, length);
  return copy;
}

/** Copies `length` bytes of `source` from `start` on to `target` at `position`. */
export function copyInto(
  target: Uint8Array,
  position: number,
  source: Uint8Array,
  start: number,
  length: number,
): void {
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) target[position + i] = source[start + i] as number;
  } else {
    // Avoid making a view where that is possible: it takes longer than the copy.
    const whole = start === 0 && length === typedArrayLength(source);
    typedArraySet(target, whole ? source : part(source, start, length), position);
  }
}

/** The bytes of several arrays, one after the other: a copy, unless it is only one array. Throws `ENOMEM`. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  let length = 0;
  for (const piece of pieces) length += typedArrayLength(piece);
  const bytes = allocateBytes(length);
  let at = 0;
  for (const piece of pieces) {
    typedArraySet(bytes, piece, at);
    at += typedArrayLength(piece);
  }
  return bytes;
}

/** Appends `length` bytes of `source` from `start` on to the writer. */
export function appendBytes(writer: Writer, source: Uint8Array, start: number, length: number): void {
  writer.reserve(length);
  copyInto(writer.bytes, writer.position, source, start, length);
  writer.position += length;
}

/** A view of a part of an array. Reads no property of the array, since a program could have patched it. */
function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  return new PrimordialUint8Array(typedArrayBuffer(bytes), typedArrayByteOffset(bytes) + start, length);
}

/** -1, 0 or 1: the order of two byte sequences. If one is the beginning of the other, the shorter one comes first. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const common = aLength < bLength ? aLength : bLength;
  if (common > SHORT) return bufferCompare(part(a, aStart, aLength), part(b, bStart, bLength));
  for (let i = 0; i < common; i++) {
    const difference = (a[aStart + i] as number) - (b[bStart + i] as number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return aLength === bLength ? 0 : aLength < bLength ? -1 : 1;
}

/** Whether two sequences of `length` bytes are equal. */
export function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  if (length > SHORT) return bufferCompare(part(a, aStart, length), part(b, bStart, length)) === 0;
  let i = 0;
  while (i < length && a[aStart + i] === b[bStart + i]) i++;
  return i === length;
}

/** MurmurHash3_x86_32 (Austin Appleby, public domain) with seed 0. */
export function hashBytes(bytes: Uint8Array, start: number, length: number): number {
  let hash = 0;
  const end = start + (length & ~3);
  let i = start;
  for (; i < end; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash ^= scramble(word);
    hash = mathImul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let k = (length & 3) - 1; k >= 0; k--) tail = (tail << 8) | (bytes[i + k] as number);
  hash ^= scramble(tail);
  hash ^= length;
  hash = mathImul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = mathImul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const k = mathImul(word, 0xcc9e2d51);
  return mathImul((k << 15) | (k >>> 17), 0x1b873593);
}
