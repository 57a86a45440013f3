// What the suite `put` stores: keys of 16 bytes and values of 100, made before the clock runs. drivers/c-put.c makes the same.
import { Buffer } from 'node:buffer';
import { KEY_BYTES, mix, VALUE_BYTES, writeKey } from './records.mjs';

const VALUES = 1024;
/** How many of the stored values the checksum is made of. */
const READ_BACK = 1000;

/** A Buffer for each key. The keys rise for `put-in-order`; otherwise a bijection gives them an order that looks random. */
export function preparedKeys(workload, entries) {
  const memory = Buffer.alloc(KEY_BYTES * entries);
  const keys = new Array(entries);
  for (let i = 0; i < entries; i++) {
    keys[i] = memory.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
    if (workload === 'put-in-order') writeKey(keys[i], i, entries);
    else writeKey(keys[i], mix(i), 2 ** 32);
  }
  return keys;
}

/** The value of entry `i` is number `i % length` of these. */
export function preparedValues() {
  return Array.from({ length: VALUES }, (_, i) => Buffer.alloc(VALUE_BYTES, i));
}

/** `count` entries, of which `get` gives the stored bytes. */
export function checksumOf(keys, count, get) {
  let sum = count;
  for (let turn = 0; turn < READ_BACK; turn++) sum += get(keys[mix(turn) % keys.length])[VALUE_BYTES - 1];
  return sum;
}
