import { LeaseholdError } from '../base/errors.ts';
import type * as node from '../base/platform.ts';
import { inspect as show } from './inspect.ts';
import { notInBrowser } from './refused.ts';

// In a browser, instead of lib/base/platform.ts. Where Node gives Buffers, these are Uint8Arrays.

export type { InspectOptions } from '../base/platform.ts';

export const inspect: typeof node.inspect = show as never;

export const isArrayBufferView: typeof node.isArrayBufferView = ArrayBuffer.isView as never;
export const isDate: typeof node.isDate = (value) => value instanceof Date;
export const isMap: typeof node.isMap = ((value: unknown) => value instanceof Map) as never;
export const isPromise: typeof node.isPromise = (value) => value instanceof Promise;
export const isSet: typeof node.isSet = ((value: unknown) => value instanceof Set) as never;

/** A BOM is a character, as in Node. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** `String.fromCharCode` takes so many arguments in any browser. */
const MOST_CODES = 4096;

export const utf8Slice: typeof node.utf8Slice = (bytes, start, end) => utf8.decode(bytes.subarray(start, end));
export const utf8Bytes: typeof node.utf8Bytes = (text) => encoder.encode(text);
export const utf8ByteLength: typeof node.utf8ByteLength = (text) => encoder.encode(text).length;

export const latin1Slice: typeof node.latin1Slice = (bytes, start, end) => {
  let text = '';
  for (let at = start; at < end; at += MOST_CODES) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + MOST_CODES)));
  }
  return text;
};

export const hexSlice: typeof node.hexSlice = (bytes, start, end) =>
  Array.from(bytes.subarray(start, end), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const bufferCompare: typeof node.bufferCompare = (a, b) => {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
};
export const bufferFrom: typeof node.bufferFrom = ((memory: ArrayBuffer, offset?: number, length?: number) =>
  new Uint8Array(memory, offset, length)) as never;
export const bufferAllocUnsafe: typeof node.bufferAllocUnsafe = ((size: number) => new Uint8Array(size)) as never;

/** `ERR_UNKNOWN_ENCODING` */
export const bufferToString: typeof node.bufferToString = (bytes, encoding) => {
  switch (encoding) {
    case 'utf8':
    case 'utf-8':
      return utf8Slice(bytes, 0, bytes.length);
    case 'hex':
      return hexSlice(bytes, 0, bytes.length);
    case 'latin1':
    case 'binary':
      return latin1Slice(bytes, 0, bytes.length);
    case 'base64':
      return btoa(latin1Slice(bytes, 0, bytes.length));
    case 'base64url':
      return base64urlOf(bytes);
    default:
      throw new LeaseholdError(
        'ERR_UNKNOWN_ENCODING',
        `the encoding '${encoding}' is not known in a browser: use utf8, hex, latin1, base64 or base64url`,
      );
  }
};

export const base64urlOf: typeof node.base64urlOf = (bytes) =>
  btoa(latin1Slice(bytes, 0, bytes.length))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

export const base64urlBytes: typeof node.base64urlBytes = (text) => {
  const alphabet = text
    .replaceAll(/[^\w-]/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  // One character alone stands for no byte.
  const whole = alphabet.slice(0, alphabet.length - (alphabet.length % 4 === 1 ? 1 : 0));
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
};

export const randomBytes: typeof node.randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** `ERR_NOT_IN_BROWSER`: a browser gives hashes only later. */
export const sha256: typeof node.sha256 = () => {
  throw notInBrowser('fingerprints of structs');
};
