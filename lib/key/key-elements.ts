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
 * The elements of a Key, as bytes of a lease. Functions of a place: what makes Keys and Values of them is in key.ts.
 */

export function countElements(lease: Lease, at: number, span: Span | null): number {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const end = start + lengthOf(lease, at, span);
  let count = 0;
  for (let position = start; position < end; count++) position = skipElement(bytes, start, position, end);
  return count;
}

/** The bytes of the elements from `from` to `to`, as `Array.prototype.slice` counts. */
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
 * What a sink reads for the element at `position` of a Key that is at `start` to `end`: a part of the Key's bytes, or bytes of
 * its own if the element has to be rewritten.
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

/** Whether the elements of another Key are the first ones of a Key. */
export function startsWithKey(lease: Lease, at: number, span: Span | null, prefix: Place): boolean {
  const start = startOf(prefix.lease, prefix.at, prefix.span);
  const size = lengthOf(prefix.lease, prefix.at, prefix.span);
  return beginsWith(lease, at, span, bytesOf(prefix.lease, prefix.at), start, size);
}

/** Whether the elements of an array are the first ones of a Key. */
export function startsWithParts(lease: Lease, at: number, span: Span | null, prefix: readonly unknown[]): boolean {
  const from = writer.position;
  try {
    writeTuple(writer, prefix);
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
  // No user code may run from here on: it could end the source of the prefix in the middle.
  if (!Lease.isGenuine(lease)) throw invalidType('this', 'a Key', lease);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (size > length || compareBytes(bytes, start, size, prefix, from, size) !== 0) return false;
  return !isEscape(bytes, start + size, start + length);
}

/** The bytes of a tuple of these elements. Throws as a write of the key would. */
export function encodeTuple(parts: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const from = writer.position;
  try {
    writeTuple(writer, parts);
    return copyBytes(writer.bytes, from, writer.position - from);
  } finally {
    writer.position = from;
  }
}

/** The bytes of a Key, and behind them one that is above any element. */
export function prefixEndOf(lease: Lease, at: number, span: Span | null): Uint8Array<ArrayBuffer> {
  const length = lengthOf(lease, at, span);
  const bytes = new PrimordialUint8Array(length + 1);
  copyInto(bytes, 0, bytesOf(lease, at), startOf(lease, at, span), length);
  bytes[length] = ESCAPE;
  return bytes;
}
