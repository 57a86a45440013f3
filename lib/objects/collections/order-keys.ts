import { ID_BYTES, idAt, putId } from '../../key/object-id.ts';

/*
 * The keys of the elements of a list: bytes that sort as the elements do. Between any two there are others, so that an insertion changes no other key. A key is a
 * position (a safe integer, eight big-endian bytes), and perhaps further bytes, the last of which is not 0.
 */

/** The position of the first element of a list. */
const MIDDLE = 2 ** 52;

/** The last byte of a key that ends with an id. */
const END_OF_ID = 0x80;

function keyAt(position: number, further: ArrayLike<number> = []): Uint8Array {
  const key = new Uint8Array(ID_BYTES + further.length);
  putId(key, 0, position);
  key.set(further, ID_BYTES);
  return key;
}

/**
 * Keys behind a key, or of a new list. `id`: a number that no other transaction has, for those that do not see each other's keys; then the keys differ from
 * theirs.
 */
export function keysBehind(last: Uint8Array | undefined, count: number, id?: number): Uint8Array[] {
  const from = last === undefined ? MIDDLE : idAt(last, 0) + 1;
  const further = new Uint8Array(id === undefined ? 0 : ID_BYTES + 1).fill(END_OF_ID);
  if (id !== undefined) putId(further, 0, id);
  return Array.from({ length: count }, (_, i) => keyAt(from + i, further));
}

/** Keys between two keys, in order; undefined is the end of all keys to that side. They are as short as they can be. */
export function keysBetween(low: Uint8Array | undefined, high: Uint8Array | undefined, count: number): Uint8Array[] {
  if (high === undefined) return keysBehind(low, count);
  const end = idAt(high, 0);
  if (low === undefined) return Array.from({ length: count }, (_, i) => keyAt(end - count + i));
  const start = idAt(low, 0);
  if (end - start > count) {
    const step = (end - start) / (count + 1);
    return Array.from({ length: count }, (_, i) => keyAt(start + Math.floor((i + 1) * step)));
  }
  if (count === 0) return [];
  const half = count >> 1;
  const middle = keyBetween(low, high);
  return [...keysBetween(low, middle, half), middle, ...keysBetween(middle, high, count - half - 1)];
}

/** A key between two. */
function keyBetween(low: Uint8Array, high: Uint8Array): Uint8Array {
  const start = idAt(low, 0);
  const end = idAt(high, 0);
  if (end - start > 1) return keyAt(start + Math.floor((end - start) / 2));
  return keyAt(start, bytesBetween(low.subarray(ID_BYTES), start === end ? high.subarray(ID_BYTES) : undefined));
}

/** Bytes between others, none of which end with 0. Undefined is the end of all bytes. */
function bytesBetween(low: Uint8Array, high: Uint8Array | undefined): number[] {
  const between: number[] = [];
  let upper = high;
  for (let i = 0; ; i++) {
    const from = low[i] ?? 0;
    const to = upper === undefined ? 256 : (upper[i] as number);
    if (to - from > 1) return [...between, (from + to) >> 1];
    // What `upper` begins with is smaller than `upper`, if that goes on.
    if (to > from && upper !== undefined && i + 1 < upper.length) return [...between, to];
    if (to > from) upper = undefined;
    between.push(from);
  }
}
