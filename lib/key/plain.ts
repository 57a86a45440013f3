import { bytesToHex } from '../base/hex.ts';
import { copyBytes } from '../lease/bytes.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, type Span, startOf } from '../lease/sink.ts';
import type { JsonPart, PlainPart } from './part.ts';
import { BYTES, NESTED, skipElement } from './tuple-format.ts';
import { isSinkCode, readScalar, skipNestedPart, withoutEscapedZeros } from './tuple-read.ts';

/**
 * All elements of a Key, copied. Each element is looked up again through the lease: if `push` has been patched, user code runs between
 * two elements, and may end the transaction. `ERR_CODEC`, `ERR_LEASE_EXPIRED`.
 */
export function readPlain(lease: Lease, at: number, span: Span | null): PlainPart[] {
  const parts: PlainPart[] = [];
  for (let offset = 0; ; ) {
    const start = startOf(lease, at, span);
    const end = start + lengthOf(lease, at, span);
    const position = start + offset;
    if (position >= end) return parts;
    const next = skipElement(bytesOf(lease, at), start, position, end);
    offset = next - start;
    parts.push(readPlainPart(lease, at, span, position - start, offset));
  }
}

/** The element from `from` to `to` of a Key's bytes. `skipElement` must have checked it. */
function readPlainPart(lease: Lease, at: number, span: Span | null, from: number, to: number): PlainPart {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const position = start + from;
  const code = bytes[position] as number;
  if (!isSinkCode(code)) return readScalar(bytes, start, position, start + to);
  if (code === NESTED) return readNested(lease, at, span, from + 1, to - 1);
  if (code === BYTES) return withoutEscapedZeros(bytes, position + 1, start + to - 1);
  return copyBytes(bytes, position + 1, to - from - 1);
}

/** The elements of a nested tuple. They need a function of their own, since a null is two bytes long there. */
function readNested(lease: Lease, at: number, span: Span | null, from: number, to: number): PlainPart[] {
  const parts: PlainPart[] = [];
  for (let offset = from; offset < to; ) {
    const start = startOf(lease, at, span);
    const next = skipNestedPart(bytesOf(lease, at), start + offset, start + to) - start;
    parts.push(readPlainPart(lease, at, span, offset, next));
    offset = next;
  }
  return parts;
}

export function toJsonPart(part: PlainPart): JsonPart {
  if (Array.isArray(part)) return part.map(toJsonPart);
  if (typeof part === 'bigint') return part.toString();
  if (typeof part === 'object' && part !== null) return bytesToHex(part, 0, part.length);
  return part;
}
