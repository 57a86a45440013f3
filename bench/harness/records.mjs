// The data set, defined once: record `index` of a set has these bytes, in every driver and on every machine.
// Keys rise with the index and spread over the whole key space, as sorted random identifiers do. drivers/c.c makes the
// same keys (`make_key`), so that a random read costs a C driver no file of keys.
import { Buffer } from 'node:buffer';

export const KEY_BYTES = 16;
export const VALUE_BYTES = 100;

/** Bytes of a record of a data set: the key, then `valueBytes` of value (by default VALUE_BYTES). */
export function recordBytes({ valueBytes = VALUE_BYTES }) {
  return KEY_BYTES + valueBytes;
}

/** A bijection of the 32-bit integers that looks random: the finalizer of MurmurHash3. */
export function mix(x) {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function writeWord(target, at, word) {
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
}

/** Writes the key of record `index` of `entries` to the first KEY_BYTES of `target`. */
export function writeKey(target, index, entries) {
  const spread = Math.floor((index * 4294967296) / entries) >>> 0;
  const noise = mix(index);
  writeWord(target, 0, spread);
  writeWord(target, 4, noise);
  writeWord(target, 8, spread ^ noise);
  writeWord(target, 12, ~noise);
}

export function keyOf(index, entries) {
  const key = Buffer.alloc(KEY_BYTES);
  writeKey(key, index, entries);
  return key;
}

/** The record that the `turn`th random read asks for. */
export function randomIndex(turn, entries) {
  return mix(turn) % entries;
}

/** The keys that `hot-get` asks for again and again. */
export const HOT_KEYS = 1000;

const LEAST_BLOCK_BYTES = 2 ** 19;

/** Yields buffers of whole records (key, then value), in the order of the keys. A buffer is good until the next step. */
export function* recordBlocks(dataset) {
  const { entries } = dataset;
  const bytes = recordBytes(dataset);
  const recordsPerBlock = Math.ceil(LEAST_BLOCK_BYTES / bytes);
  const block = Buffer.alloc(recordsPerBlock * bytes);
  for (let first = 0; first < entries; first += recordsPerBlock) {
    const count = Math.min(recordsPerBlock, entries - first);
    for (let i = 0; i < count; i++) {
      const record = block.subarray(i * bytes, (i + 1) * bytes);
      writeKey(record, first + i, entries);
      for (let at = 0; at < bytes - KEY_BYTES; at += 4) {
        writeWord(record, KEY_BYTES + at, mix((first + i) * VALUE_BYTES + at));
      }
    }
    yield block.subarray(0, count * bytes);
  }
}
