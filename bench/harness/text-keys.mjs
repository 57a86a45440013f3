// A second data set: keys that are text, as identifiers often are, with short values. Record `index` has the key
// `textKey(index)` in every driver; the keys rise with the index.
import { Buffer } from 'node:buffer';
import { mix } from './records.mjs';

const DIGITS = Buffer.from('0123456789abcdef');
export const TEXT_KEY_BYTES = 16;

/** Writes the key of record `index` of `entries`, 16 hexadecimal digits, to `target`. */
export function writeTextKey(target, index, entries) {
  const spread = Math.floor((index * 4294967296) / entries) >>> 0;
  const noise = mix(index);
  for (let i = 0; i < 8; i++) {
    target[i] = DIGITS[(spread >>> (28 - 4 * i)) & 15];
    target[i + 8] = DIGITS[(noise >>> (28 - 4 * i)) & 15];
  }
}

/** Gives each record of the set to `put`: a key and a value of four bytes, which are good until it returns. */
export function eachTextRecord(entries, put) {
  const key = Buffer.alloc(TEXT_KEY_BYTES);
  const value = Buffer.alloc(4);
  for (let index = 0; index < entries; index++) {
    writeTextKey(key, index, entries);
    value.writeUInt32LE(index);
    put(key, value);
  }
}
