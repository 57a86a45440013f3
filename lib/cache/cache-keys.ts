import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import type { Tid } from '../versions/engine/engine.ts';
import { writeU32, writeU64 } from './state-record.ts';

/*
 * Keys of the collections of a cache:
 *
 *   c.states  u32 number of the collection | key                                       the newest state of a key
 *   c.older   u32 number of the collection | u32 length of the key | key | u64 ~tid     the states before it, newest first
 */

/** The bytes before a key in `c.states`. */
export const NUMBER_BYTES = 4;
const OLDER_BYTES = 16;
/** Longer keys are not cached. */
export const MOST_CACHED_KEY: number = MOST_KEY_BYTES - OLDER_BYTES;

export function stateKey(number: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES + key.length);
  writeU32(bytes, 0, number);
  bytes.set(key, NUMBER_BYTES);
  return bytes;
}

/** Greater than all keys of a collection. */
export function afterAll(number: number): Uint8Array {
  return stateKey(number + 1, new Uint8Array(0));
}

/** What `stateKey` was given. */
export function keyOfState(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(NUMBER_BYTES);
}

/** `tid`: the newest one comes first, and so does any before 2 ** 53. */
export function olderKey(number: number, key: Uint8Array, tid: Tid): Uint8Array {
  const bytes = new Uint8Array(key.length + OLDER_BYTES);
  writeU32(bytes, 0, number);
  writeU32(bytes, 4, key.length);
  bytes.set(key, 8);
  writeU64(bytes, 8 + key.length, Number.MAX_SAFE_INTEGER - tid);
  return bytes;
}

/** Whether two keys of `c.older` belong to the same key of a collection. */
export function isSameOlder(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a.subarray(0, a.length - 8), b.subarray(0, b.length - 8)) === 0;
}
