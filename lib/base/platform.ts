import { type InspectOptions, inspect as inspectInNode, types } from 'node:util';
import { type AnyFunction, uncurryThis } from './primordials.ts';

/*
 * What Node has and a browser has not, or has under other names. In the browser build of leasehold/client, lib/browser/platform.ts stands in its place. As in
 * primordials.ts, built-in functions are captured when leasehold is loaded.
 */

export type { InspectOptions };

export const inspect: typeof inspectInNode = inspectInNode;
export const isArrayBufferView: typeof types.isArrayBufferView = types.isArrayBufferView;
export const isDate: typeof types.isDate = types.isDate;
export const isMap: typeof types.isMap = types.isMap;
export const isPromise: typeof types.isPromise = types.isPromise;
export const isSet: typeof types.isSet = types.isSet;

/** Node's own string conversions, on every Buffer's prototype but not in its types. */
interface BufferStrings {
  hexSlice: AnyFunction;
  latin1Slice: AnyFunction;
  utf8Slice: AnyFunction;
}
const strings = Buffer.prototype as unknown as BufferStrings;

type Slice = (bytes: Uint8Array, start: number, end: number) => string;

export const hexSlice: Slice = uncurryThis(strings.hexSlice);
export const latin1Slice: Slice = uncurryThis(strings.latin1Slice);
/** What is not UTF-8 becomes U+FFFD. */
export const utf8Slice: Slice = uncurryThis(strings.utf8Slice);
export const utf8ByteLength: (text: string) => number = Buffer.byteLength.bind(Buffer) as never;
/** The UTF-8 of a text; U+FFFD in place of a lone surrogate. */
export const utf8Bytes: (text: string) => Uint8Array = Buffer.from.bind(Buffer) as never;

/** Compares the bytes of two whole arrays: -1, 0 or 1. Reads no property of them. */
export const bufferCompare: (a: Uint8Array, b: Uint8Array) => number = Buffer.compare;
export const bufferFrom: (memory: ArrayBuffer, offset?: number, length?: number) => Buffer<ArrayBuffer> =
  Buffer.from.bind(Buffer) as never;
/** A small Buffer comes from Node's pool. Reads `Buffer.poolSize`, which a program can make a getter. */
export const bufferAllocUnsafe: (size: number) => Buffer<ArrayBuffer> = Buffer.allocUnsafe.bind(Buffer) as never;
/** What `buffer.toString(encoding)` gives. `ERR_UNKNOWN_ENCODING`. */
export const bufferToString = (buffer: Buffer, encoding: BufferEncoding): string => buffer.toString(encoding);

export const base64urlOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length).toString('base64url');
/** Passes over characters that are none of the alphabet. */
export const base64urlBytes = (text: string): Uint8Array<ArrayBuffer> => Buffer.from(text, 'base64url');

/** Not imported at the top: loading it takes longer than half of this library. */
let loaded: typeof import('node:crypto') | undefined;

function crypto(): typeof import('node:crypto') {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded;
}

/** `length` bytes that nobody can guess. */
export function randomBytes(length: number): Uint8Array {
  return crypto().randomBytes(length);
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return crypto().createHash('sha256').update(text).digest('hex');
}
