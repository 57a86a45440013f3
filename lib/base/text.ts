import { SHORT, shortAscii } from './ascii.ts';
import { invalidValue, type LeaseholdError } from './errors.ts';
import { latin1Slice, utf8ByteLength, utf8Slice } from './platform.ts';
import { charCodeAt, isWellFormed, stringIncludes, utf8Write } from './primordials.ts';
import type { Writer } from './writer.ts';

/** For longer texts, room is made for the size in UTF-8, which is counted first; for shorter ones, for three bytes a character. */
const LONG = 4096;

/** Up to so many bytes, a text that may not be ASCII is made from char codes. From 20 on, a call into the runtime is faster by 7 to 20 % (measured on a window, Node 20). */
const SHORT_UTF8 = 19;

/** Decodes the UTF-8 from `start` to `end`; undefined if it is not UTF-8. */
export function readText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_UTF8) {
    const text = shortAscii(bytes, start, end - start);
    if (text !== undefined) return text;
  }
  const text = utf8Slice(bytes, start, end);
  // Bytes that are not UTF-8 become U+FFFD. But the text may also contain a U+FFFD itself.
  if (stringIncludes(text, '\ufffd') && !isUtf8(bytes, start, end)) return undefined;
  return text;
}

/** Decodes the UTF-8 from `start` to `end`; what is not UTF-8 becomes U+FFFD. */
export const decodeUtf8: (bytes: Uint8Array, start: number, end: number) => string = utf8Slice;
/** Decodes the bytes from `start` to `end`, each to the character of its number. */
export const decodeLatin1: (bytes: Uint8Array, start: number, end: number) => string = latin1Slice;

/** Whether a text has no lone surrogate, and so can be encoded as UTF-8. */
export function hasUtf8(text: string): boolean {
  return isWellFormed(text);
}

/** Writes a text of ASCII to `at`, where there is room for it. Returns its length, or -1 if it is not ASCII. For short texts. */
export function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  const length = text.length;
  let all = 0;
  for (let i = 0; i < length; i++) {
    const code = charCodeAt(text, i);
    all |= code;
    bytes[at + i] = code;
  }
  return all < 0x80 ? length : -1;
}

/**
 * Appends a text as UTF-8. Returns the number of bytes, which equals the text's length only if all of it is ASCII. If the text
 * has a lone surrogate, writes nothing and returns -1.
 */
export function writeText(writer: Writer, text: string): number {
  const length = text.length;
  if (length <= SHORT) {
    writer.reserve(length);
    const { position } = writer;
    if (writeAscii(writer.bytes, position, text) >= 0) {
      writer.position = position + length;
      return length;
    }
  }
  if (!isWellFormed(text)) return -1;
  writer.reserve(length < LONG ? 3 * length : utf8ByteLength(text));
  const written = utf8Write(writer.bytes, text, writer.position, writer.size - writer.position);
  writer.position += written;
  return written;
}

/** The error for a text that `writeText` refused. */
export function loneSurrogate(path: string): LeaseholdError {
  return invalidValue(`${path} has a lone surrogate, which UTF-8 cannot hold: give toWellFormed() of it, or bytes`);
}

/** Whether the bytes are UTF-8: shortest forms only, no surrogates, at most U+10FFFF (Unicode 15, table 3-7). */
function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const lead = bytes[i++] as number;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (i + more > end) return false;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const second = bytes[i++] as number;
    if (second < low || second > high) return false;
    for (let k = 1; k < more; k++) {
      if (((bytes[i++] as number) & 0xc0) !== 0x80) return false;
    }
  }
  return true;
}

/** Decodes the ASCII from `start` to `end`; undefined if a byte is not ASCII. */
export function readAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT) return shortAscii(bytes, start, end - start);
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i] as number;
  return all < 0x80 ? latin1Slice(bytes, start, end) : undefined;
}
