import { invalidType } from '../base/errors.ts';
import { mathMax, mathTrunc, PrimordialUint8Array, typedArrayLength } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { compareBytes, copyBytes, copyInto } from '../lease/bytes.ts';
import { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, type Place, Span, startOf } from '../lease/sink.ts';
import { BYTES, ESCAPE, isEscape, NESTED, skipElement } from './tuple-format.ts';
import { withoutEscapedZeros, withoutEscapes } from './tuple-read.ts';
import { writeTuple } from './tuple-write.ts';

/*
 * The elements of a Key, as bytes of a lease. These functions take the place of a Key; key.ts makes Keys and Values of the results.
 */

export function countElements(lease: Lease, at: number, span: Span | null): number {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const end = start + lengthOf(lease, at, span);
  let count = 0;
  for (let position = start; position < end; count++) position = skipElement(bytes, start, position, end);
  return count;
}

/** The bytes of the elements from `from` to `to`, which count as in `Array.prototype.slice`. */
export function sliceOf(lease: Lease, at: number, span: Span | null, from: number, to: number): Span {
  const first = from < 0 ? mathMax(mathTrunc(from) + countElements(lease, at, span), 0) : mathTrunc(from);
  const last = to < 0 ? mathTrunc(to) + countElements(lease, at, span) : mathTrunc(to);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const end = start + lengthOf(lease, at, span);
  let position = start;
  let index = 0;
  for (; index < first && position < end; index++) position = skipElement(bytes, start, position, end);
  const begin = position;
  for (; index < last && position < end; index++) position = skipElement(bytes, start, position, end);
  return partOf(lease, span, start, begin, position);
}

/** The part from `begin` to `end` of a Key's bytes, where the Key begins at `start`. */
function partOf(lease: Lease, span: Span | null, start: number, begin: number, end: number): Span {
  const base = span === null ? 0 : span.start;
  return new Span(base + begin - start, end - begin, lease.turn);
}

/**
 * The bytes that a sink reads for the element at `position` of a Key from `start` to `end`: a part of the Key's bytes, or a rewritten copy if
 * the element has escapes.
 */
export function sinkBytes(
  lease: Lease,
  at: number,
  span: Span | null,
  start: number,
  position: number,
  end: number,
): Span | Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(lease, at);
  const code = bytes[position] as number;
  const next = skipElement(bytes, start, position, end);
  const begin = position + 1;
  const stop = code === BYTES || code === NESTED ? next - 1 : next;
  if (code === NESTED) {
    const own = withoutEscapes(bytes, begin, stop);
    if (own !== undefined) return own;
  } else if (code === BYTES) {
    const own = withoutEscapedZeros(bytes, begin, stop);
    if (typedArrayLength(own) !== stop - begin) return own;
  }
  return partOf(lease, span, start, begin, stop);
}

/** Whether a Key begins with the elements of another Key. */
export function startsWithKey(lease: Lease, at: number, span: Span | null, prefix: Place): boolean {
  const start = startOf(prefix.lease, prefix.at, prefix.span);
  const size = lengthOf(prefix.lease, prefix.at, prefix.span);
  return beginsWith(lease, at, span, bytesOf(prefix.lease, prefix.at), start, size);
}

/** Whether a Key begins with the elements of an array. */
export function startsWithParts(lease: Lease, at: number, span: Span | null, prefix: readonly unknown[]): boolean {
  const from = writer.position;
  try {
    writeTuple(prefix, writer);
    return beginsWith(lease, at, span, writer.bytes, from, writer.position - from);
  } finally {
    writer.position = from;
  }
}

function beginsWith(
  lease: Lease,
  at: number,
  span: Span | null,
  prefix: Uint8Array,
  from: number,
  size: number,
): boolean {
  // From here on, no user code may run: it could end the source of the prefix in the middle. A forged lease would be user code.
  if (!Lease.isGenuine(lease)) throw invalidType('this', 'a Key', lease);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (size > length || compareBytes(bytes, start, size, prefix, from, size) !== 0) return false;
  return !isEscape(bytes, start + size, start + length);
}

/** The bytes of a tuple of these elements. Throws what `writeTuple` throws. */
export function encodeTuple(parts: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const from = writer.position;
  try {
    writeTuple(parts, writer);
    return copyBytes(writer.bytes, from, writer.position - from);
  } finally {
    writer.position = from;
  }
}

/** The bytes of a Key, then one byte that sorts after every element. */
export function prefixEndOf(lease: Lease, at: number, span: Span | null): Uint8Array<ArrayBuffer> {
  const length = lengthOf(lease, at, span);
  const bytes = new PrimordialUint8Array(length + 1);
  copyInto(bytes, 0, bytesOf(lease, at), startOf(lease, at, span), length);
  bytes[length] = ESCAPE;
  return bytes;
}
