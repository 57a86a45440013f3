import { PrimordialUint8Array, typedArrayLength, typedArraySet } from '../base/primordials.ts';
import { type Foreign, type Writer, writer } from '../base/writer.ts';
import { compareBytes, copyBytes } from '../lease/bytes.ts';
import { writeU32 } from '../value/struct/record.ts';

/** A place in the order of entries: a key, and where keys can have several values perhaps one of its values. */
export interface RangePlace {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** As a bound: whether the place itself is outside. */
  readonly open: boolean;
}

/** How many bytes stand before the key of a place with a value: the length of the key. */
const LEAD = 4;

/** A codec of keys or of values. Of keys, `write` returns nothing. */
export interface PlaceCodec {
  write(given: never, writer: Writer): unknown;
}

/** The bytes of a key or a value, as a private copy. Throws what the codec throws. */
export function encodeAlone(codec: PlaceCodec, given: unknown): Uint8Array {
  const start = writer.position;
  try {
    const foreign = codec.write(given as never, writer) as Foreign | undefined;
    if (foreign !== undefined) return copyBytes(foreign.bytes, foreign.offset, foreign.length);
    return copyBytes(writer.bytes, start, writer.position - start);
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** The order of two lower bounds; with `upper`, of two upper bounds. Positive if `a` comes after `b`. */
export function comparePlaces(a: RangePlace, b: RangePlace, upper: boolean): number {
  const order = compareAll(a.key, b.key);
  if (order !== 0) return order;
  if (a.value !== undefined && b.value !== undefined) {
    return compareAll(a.value, b.value) || (upper ? openness(b) - openness(a) : openness(a) - openness(b));
  }
  return besideValues(a, upper) - besideValues(b, upper);
}

/** Where a bound stands among the values of its key: before all of them (-1), after all of them (1), or between two (0). */
function besideValues({ value, open }: RangePlace, upper: boolean): number {
  if (value !== undefined) return 0;
  return open === upper ? -1 : 1;
}

function openness({ open }: RangePlace): number {
  return open ? 1 : 0;
}

function compareAll(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, typedArrayLength(a), b, 0, typedArrayLength(b));
}

/** How many bytes `writePlace` writes. */
export function placeLength({ key, value }: Pick<RangePlace, 'key' | 'value'>): number {
  return typedArrayLength(key) + (value === undefined ? 0 : LEAD + typedArrayLength(value));
}

/** Writes a place in the form that native code reads: the key, or what RANGE_LOWER_PAIR describes. Returns its end. */
export function writePlace(bytes: Uint8Array, at: number, { key, value }: Pick<RangePlace, 'key' | 'value'>): number {
  if (value === undefined) {
    typedArraySet(bytes, key, at);
    return at + typedArrayLength(key);
  }
  writeU32(bytes, at, typedArrayLength(key));
  typedArraySet(bytes, key, at + LEAD);
  const valueAt = at + LEAD + typedArrayLength(key);
  typedArraySet(bytes, value, valueAt);
  return valueAt + typedArrayLength(value);
}

/** A bound above every tuple that begins with these elements. No element has the code FF, so FF sorts after every further element. */
export function afterElements(prefix: Uint8Array): Uint8Array {
  const length = typedArrayLength(prefix);
  const end = new PrimordialUint8Array(length + 1);
  typedArraySet(end, prefix);
  end[length] = 0xff;
  return end;
}

/** The least bytes that sort after all bytes with this prefix. Undefined if there are none: the prefix has only FF. */
export function afterBytes(prefix: Uint8Array): Uint8Array | undefined {
  let length = typedArrayLength(prefix);
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = copyBytes(prefix, 0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
}
