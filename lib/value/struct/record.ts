import { LeaseholdError } from '../../base/errors.ts';

/*
 * A record has a header (u8 version, u8 flags, u16 size of the fixed part), a fixed part and a variable part, all of it
 * little-endian. Each field has a place in the fixed part, after the fields before it. For texts, bytes, lists
 * and nested structs, that place contains (u32 offset, u32 length) of their bytes in the variable part. The offset counts from the
 * record's start, and 0 means absent.
 *
 * The bytes of a nested struct are a record. The bytes of a list are a u32 count, its elements as in a fixed part,
 * and its own variable part, whose offsets count from the list's start. So both can be read, moved and extended by themselves.
 */

export const FORMAT_VERSION = 1;
export const HEADER_SIZE = 4;
export const LARGEST_FIXED_PART = 0xffff;

/** The size of the count before a list's elements. */
export const COUNT_SIZE = 4;

/** The bit of a string's length which says that it is all ASCII. */
export const ASCII_BIT = 0x8000_0000;
export const LARGEST_PART = 0x7fff_ffff;

/** Whether a record of at least `end` bytes has a field that ends there; if not, `missingField` tells why. */
export function hasField(bytes: Uint8Array, start: number, length: number, end: number): boolean {
  const fixedEnd = fixedEndOf(bytes, start);
  return bytes[start] === FORMAT_VERSION && bytes[start + 1] === 0 && end <= fixedEnd && fixedEnd <= length;
}

/**
 * Returns if the record was written by a schema without that field. `ERR_CODEC` for what is not a record. `shift` is where
 * the record begins in the value.
 */
export function missingField(
  bytes: Uint8Array,
  start: number,
  length: number,
  end: number,
  size: number,
  shift: number,
): void {
  if (length < HEADER_SIZE) throw malformed(`${length} bytes are too few for a header`, shift);
  const version = bytes[start] as number;
  const flags = bytes[start + 1] as number;
  if (version !== FORMAT_VERSION) throw malformed(`the unknown format version ${version}`, shift);
  if (flags !== 0) throw malformed(`the unknown flags ${flags}`, shift + 1);
  const fixedEnd = fixedEndOf(bytes, start);
  const what = `a fixed part of ${fixedEnd - HEADER_SIZE} bytes`;
  if (fixedEnd > length) throw malformed(`${what} in a record of ${length}`, shift + 2);
  if (fixedEnd > end - size) throw malformed(`${what}, which ends inside a field`, shift + 2);
}

/** The end of the fixed part, counted from the record's start. */
export function fixedEndOf(bytes: Uint8Array, start: number): number {
  return HEADER_SIZE + ((bytes[start + 2] as number) | ((bytes[start + 3] as number) << 8));
}

/** How many elements of `size` bytes a list has. `ERR_CODEC` if it has no room for them. */
export function countOf(bytes: Uint8Array, start: number, length: number, size: number, shift: number): number {
  if (length < COUNT_SIZE) throw malformed(`a list of ${length} bytes`, shift);
  const count = readU32(bytes, start);
  if (COUNT_SIZE + count * size > length) throw malformed(`a list of ${count} elements in ${length} bytes`, shift);
  return count;
}

/**
 * Checks the (offset, length) that stands at `place` against the record or list of which it is a part: `start` and
 * `length` its place in `bytes`, `partsFrom` where its variable part begins.
 */
export function checkPart(
  start: number,
  length: number,
  partsFrom: number,
  offset: number,
  size: number,
  place: number,
  shift: number,
): void {
  if (offset >= partsFrom && offset + size <= length) return;
  throw malformed(
    `a part of ${size} bytes from ${shift + offset} on, which is not within ${shift + partsFrom} to ${shift + length},`,
    shift + place - start,
  );
}

export function readU16(bytes: Uint8Array, place: number): number {
  return (bytes[place] as number) | ((bytes[place + 1] as number) << 8);
}

export function readI32(bytes: Uint8Array, place: number): number {
  return readU32(bytes, place) | 0;
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

/** Writes to `place` of a fixed part where a part is: its offset, counted from the start of the record or list, and its length. */
export function writePart(bytes: Uint8Array, place: number, offset: number, length: number): void {
  writeU32(bytes, place, offset);
  writeU32(bytes, place + 4, length);
}

/** `offset` is where it stands in the value. */
export function malformed(what: string, offset: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_CODEC',
    `the stored value is not a struct record of this schema: ${what} at byte ${offset}`,
  );
}
