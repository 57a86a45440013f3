import { invalidType, invalidValue } from '../base/errors.ts';
import { bytesToHex, hexToBytes } from '../base/hex.ts';
import type { Value } from './value.ts';

/** The bytes of a Value in hexadecimal. */
export function hexOfValue(value: unknown): string {
  const bytes = (value as Value).toBuffer();
  return bytesToHex(bytes, 0, bytes.length);
}

/** Parses hexadecimal digits. `path` is their name in errors. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function bytesFromHex(value: unknown, path: string): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'string') throw invalidType(path, 'bytes in hexadecimal', value);
  const bytes = hexToBytes(value);
  if (bytes === undefined) throw invalidValue(`${path} must be bytes in hexadecimal, not ${JSON.stringify(value)}`);
  return bytes;
}
