import { readAscii, readText } from '../../base/text.ts';
import type { Lease } from '../../lease/lease.ts';
import { bytesOf, lengthOf, Span, startOf } from '../../lease/sink.ts';
import { checkPart, fixedEndOf, hasField, LARGEST_PART, malformed, missingField, readU32 } from './record.ts';

/*
 * The fields of a record, or of a list's elements, on a lease: where they are, and reading them. Functions of a place and not
 * methods, so that a getter calls what it needs with numbers alone.
 */

/**
 * Reads a part of a record or a list that is `span` of the lease's bytes: `place` is the index in those of the part's
 * offset and length, `partsFrom` where parts may begin, counted from the start of the record or list. Undefined if
 * the part is absent.
 */
export type ReadPart<T> = (
  lease: Lease,
  at: number,
  span: Span | null,
  place: number,
  partsFrom: number,
) => T | undefined;

/** A value of fixed size, as it is read. */
interface ReadScalar<T> {
  readonly size: number;
  readonly zero: () => T;
  read(bytes: Uint8Array, place: number, origin: number): T;
}

/** Reads a field of any record. */
export function readOther<T>(scalar: ReadScalar<T>, lease: Lease, at: number, span: Span | null, end: number): T {
  const place = locate(lease, at, span, end, scalar.size);
  return place < 0 ? scalar.zero() : scalar.read(bytesOf(lease, at), place, originOf(lease, at));
}

/** The index of a field of `size` bytes; negative if the record was written by a schema without it. `ERR_CODEC`. */
export function locate(lease: Lease, at: number, span: Span | null, end: number, size: number): number {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (length >= end && hasField(bytes, start, length, end)) return start + end - size;
  missingField(bytes, start, length, end, size, shiftOf(span));
  return -1;
}

/** Where the value begins, of which a record or list is a part. */
export function originOf(lease: Lease, at: number): number {
  return startOf(lease, at, null);
}

/** Where a record or list begins in the value. */
export function shiftOf(span: Span | null): number {
  return span === null ? 0 : span.start;
}

/** Reads a text field of any record. */
export function readOtherText(lease: Lease, at: number, span: Span | null, end: number): string | undefined {
  const place = locate(lease, at, span, end, 8);
  if (place < 0) return undefined;
  return readTextPart(lease, at, span, place, partsFrom(lease, at, span));
}

/** Where the parts of a record can begin, behind its fields. */
export function partsFrom(lease: Lease, at: number, span: Span | null): number {
  return fixedEndOf(bytesOf(lease, at), startOf(lease, at, span));
}

export function readTextPart(
  lease: Lease,
  at: number,
  span: Span | null,
  place: number,
  partsFrom: number,
): string | undefined {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const offset = readU32(bytes, place);
  if (offset === 0) return undefined;
  const marked = readU32(bytes, place + 4);
  const size = marked & LARGEST_PART;
  checkPart(start, lengthOf(lease, at, span), partsFrom, offset, size, place, shiftOf(span));
  const from = start + offset;
  const text = marked === size ? readText(bytes, from, from + size) : readAscii(bytes, from, from + size);
  if (text === undefined) {
    throw malformed(`a text that is not ${marked === size ? 'UTF-8' : 'ASCII'}`, shiftOf(span) + offset);
  }
  return text;
}

/** The part of the lease's bytes that a part of a record or list is. */
export function readSpan(
  lease: Lease,
  at: number,
  span: Span | null,
  place: number,
  partsFrom: number,
): Span | undefined {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const offset = readU32(bytes, place);
  if (offset === 0) return undefined;
  const size = readU32(bytes, place + 4);
  checkPart(start, lengthOf(lease, at, span), partsFrom, offset, size, place, shiftOf(span));
  return new Span(shiftOf(span) + offset, size, lease.turn);
}
