import { invalidType, invalidValue } from '../base/errors.ts';
import { base64urlBytes, base64urlOf } from '../base/platform.ts';
import { PrimordialUint8Array, typedArrayLength, typedArraySet } from '../base/primordials.ts';
import { writeText } from '../base/text.ts';
import { writer } from '../base/writer.ts';
import { MOST_ANY_KEY_BYTES } from '../catalog/key-size.ts';
import type { KeyCodec } from '../key/codec.ts';
import { copyBytes, hashBytes } from '../lease/bytes.ts';
import { RANGE_DISTINCT, RANGE_REVERSE } from '../native/constants.ts';
import type { ValueCodec } from '../value/codec.ts';
import { readU32, writeU32 } from '../value/struct/record.ts';
import { placeLength, type RangePlace, writePlace } from './range-place.ts';

/*
 * The text of a cursor, which docs/format.md draws: the place of the last entry, and what it belongs to. It needs no secret: it is one more
 * bound of a range. Whoever makes one up begins somewhere else inside of the range that the program allows, and reaches nothing outside of it.
 */

const FORMAT = 1;
const REVERSE = 1;
const DISTINCT = 2;
const PAIR = 4;
/** The format, the flags and the hash of the collection stand before the place; the checksum behind it. */
const HEAD = 6;
const CHECKSUM = 4;
/** Longer than any text of a cursor: two keys of 511 bytes, in base64; or one key of any length. */
const MOST_CHARACTERS = 2048;
const MOST_ANY_CHARACTERS: number = 2 * MOST_ANY_KEY_BYTES;

/** What a range has to know of its collection. */
export interface RangedCollection {
  readonly name: string;
  /** Its name in errors. */
  readonly title: string;
  readonly key: KeyCodec<never, unknown>;
  readonly value: ValueCodec<never, unknown>;
  readonly dupSort: boolean;
  readonly anyKeys: boolean;
}

/** The cursor of the entries after a place. */
export function cursorText(place: RangePlace, flags: number, collection: RangedCollection): string {
  const end = HEAD + placeLength(place);
  const bytes = new PrimordialUint8Array(end + CHECKSUM);
  bytes[0] = FORMAT;
  bytes[1] = directionOf(flags) | (place.value === undefined ? 0 : PAIR);
  writeU32(bytes, 2, hashOf(collection));
  writePlace(bytes, HEAD, place);
  writeU32(bytes, end, hashBytes(bytes, 0, end));
  return base64urlOf(bytes);
}

/** The place after which a cursor begins. Throws `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` for a cursor of another range. */
export function placeOfCursor(cursor: unknown, flags: number, collection: RangedCollection): RangePlace {
  if (typeof cursor !== 'string')
    throw invalidType('cursor', 'a text that page() or cursorAfter() returned, or left out', cursor);
  const bytes = bytesOf(cursor, collection.anyKeys ? MOST_ANY_CHARACTERS : MOST_CHARACTERS);
  if (bytes === undefined) {
    throw invalidValue('the cursor is damaged: pass the text that page() or cursorAfter() returned, or leave it out');
  }
  const own = bytes[1] as number;
  if (readU32(bytes, 2) !== hashOf(collection)) {
    throw invalidValue(`the cursor does not belong to ${collection.title}, or its codecs are others than here`);
  }
  if ((own & ~PAIR) !== directionOf(flags)) {
    throw invalidValue('the cursor belongs to a range with other options: reverse and distinct must be the same');
  }
  const isPair = (own & PAIR) !== 0;
  if (isPair !== (collection.dupSort && (own & DISTINCT) === 0)) {
    throw invalidValue(`the cursor does not belong to ${collection.title}: only one of both has several values a key`);
  }
  const end = typedArrayLength(bytes) - CHECKSUM;
  if (!isPair) return { key: copyBytes(bytes, HEAD, end - HEAD), value: undefined, open: true };
  const keyAt = HEAD + 4;
  const valueAt = keyAt + (keyAt <= end ? readU32(bytes, HEAD) : 0);
  if (keyAt > end || valueAt > end) throw invalidValue('the cursor is damaged');
  return {
    key: copyBytes(bytes, keyAt, valueAt - keyAt),
    value: copyBytes(bytes, valueAt, end - valueAt),
    open: true,
  };
}

/** The bytes of a cursor whose checksum is right; undefined for any other text. */
function bytesOf(cursor: string, mostCharacters: number): Uint8Array | undefined {
  if (cursor.length > mostCharacters) return undefined;
  const decoded = base64urlBytes(cursor);
  const end = typedArrayLength(decoded) - CHECKSUM;
  // Decoding passes over characters that are none of the alphabet.
  if (end < HEAD || decoded[0] !== FORMAT || base64urlOf(decoded) !== cursor) return undefined;
  const bytes = new PrimordialUint8Array(end + CHECKSUM);
  typedArraySet(bytes, decoded);
  return readU32(bytes, end) === hashBytes(bytes, 0, end) ? bytes : undefined;
}

function directionOf(flags: number): number {
  return ((flags & RANGE_REVERSE) === 0 ? 0 : REVERSE) | ((flags & RANGE_DISTINCT) === 0 ? 0 : DISTINCT);
}

/** A hash of the collection's name and of the codecs that a cursor depends on. */
function hashOf({ name, key, value, dupSort }: RangedCollection): number {
  const start = writer.position;
  writeText(writer, `${name}\0${key.name}${dupSort ? `\0${value.name}` : ''}`);
  const hash = hashBytes(writer.bytes, start, writer.position - start);
  writer.position = start;
  return hash;
}
