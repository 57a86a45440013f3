import { LeaseholdError } from '../errors.ts';

/*
 * A record: a header (u8 version, u8 flags, u16 size of the fixed part), the fixed part, the variable part, all of it
 * little-endian. A field stands in the fixed part at the offset that the fields before it give it; a string or bytes
 * stands there as (u32 offset from the record's start, u32 length), offset 0 meaning absent. docs and reasons:
 * keys-values.md in the design.
 */

export const FORMAT_VERSION = 1;
export const HEADER_SIZE = 4;
export const LARGEST_FIXED_PART = 0xffff;

/** The bit of a string's length which says that it is all ASCII. */
export const ASCII_BIT = 0x8000_0000;
export const LARGEST_PART = 0x7fff_ffff;

/**
 * The index in `bytes` of a field of `size` bytes whose end is `end` bytes after the record's start; -1 if the record was
 * written by a schema without that field. Nothing outside the record is read. `ERR_CODEC` for what is not a record.
 */
export function findField(bytes: Uint8Array, start: number, length: number, end: number, size: number): number {
  if (length >= end && bytes[start] === FORMAT_VERSION && bytes[start + 1] === 0) {
    const fixedEnd = HEADER_SIZE + ((bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8));
    if (end <= fixedEnd && fixedEnd <= length) return start + end - size;
  }
  return missingField(bytes, start, length, end, size);
}

function missingField(bytes: Uint8Array, start: number, length: number, end: number, size: number): -1 {
  const fixedEnd = checkHeader(bytes, start, length);
  if (fixedEnd > end - size) throw malformed(`its fixed part of ${fixedEnd - HEADER_SIZE} bytes ends inside a field`);
  return -1;
}

/** Checks a header; gives where the fixed part ends, counted from the record's start. */
function checkHeader(bytes: Uint8Array, start: number, length: number): number {
  if (length < HEADER_SIZE) throw malformed(`${length} bytes are too few for a header`);
  const version = bytes[start] as number;
  const flags = bytes[start + 1] as number;
  if (version !== FORMAT_VERSION) throw malformed(`format version ${version} is not known here`);
  if (flags !== 0) throw malformed(`flags ${flags} are not known here`);
  const fixedEnd = HEADER_SIZE + ((bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8));
  if (fixedEnd > length) throw malformed(`its fixed part ends at byte ${fixedEnd} of ${length}`);
  return fixedEnd;
}

/** Checks the (offset, length) of a field against the record, which `findField` has found to be one. */
export function checkPart(bytes: Uint8Array, start: number, length: number, offset: number, size: number): void {
  const fixedEnd = HEADER_SIZE + ((bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8));
  if (offset >= fixedEnd && offset + size <= length) return;
  throw malformed(
    `a field of ${size} bytes at byte ${offset} does not lie in its variable part (${fixedEnd} to ${length})`,
  );
}

export function readU32(bytes: Uint8Array, place: number): number {
  return (
    ((bytes[place] as number) |
      ((bytes[place + 1] as number) << 8) |
      ((bytes[place + 2] as number) << 16) |
      ((bytes[place + 3] as number) << 24)) >>>
    0
  );
}

export function writeU32(bytes: Uint8Array, place: number, value: number): void {
  bytes[place] = value;
  bytes[place + 1] = value >>> 8;
  bytes[place + 2] = value >>> 16;
  bytes[place + 3] = value >>> 24;
}

export function malformed(what: string): LeaseholdError {
  return new LeaseholdError('ERR_CODEC', `the stored value is not a struct record of this schema: ${what}`);
}
