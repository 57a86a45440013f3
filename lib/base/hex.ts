import { hexSlice } from './platform.ts';
import { PrimordialUint8Array } from './primordials.ts';

const DIGITS = '0123456789abcdef';

/**
 * Up to so many bytes are converted in JavaScript. For more, a call into the runtime is faster. Measured on Node 20: 4
 * times as fast for 16 bytes, 80 times for a MiB, whose text JavaScript would build as a tree of two million strings.
 */
const SHORT = 8;

/** `length` bytes from `start` on, in lower-case hexadecimal. */
export function bytesToHex(bytes: Uint8Array, start: number, length: number): string {
  if (length > SHORT) return hexSlice(bytes, start, start + length);
  let text = '';
  for (let i = start; i < start + length; i++) {
    const byte = bytes[i] as number;
    text += (DIGITS[byte >> 4] as string) + (DIGITS[byte & 15] as string);
  }
  return text;
}

/** The bytes that a hexadecimal text of either case stands for; undefined if it is not one. */
export function hexToBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  const length = text.length / 2;
  const bytes = new PrimordialUint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
