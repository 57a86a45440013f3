import type { Sink } from '../lease/sink.ts';
import type { Double } from './double.ts';

/** What can be written as an element of a tuple key. A Key is written as a nested tuple, any other sink as bytes. */
export type KeyPart = null | boolean | number | bigint | string | Double | Uint8Array | Sink | readonly KeyPart[];

/** An element as `toArray` of a Key returns it: without sinks. */
export type PlainPart = null | boolean | number | bigint | string | Uint8Array<ArrayBuffer> | PlainPart[];

/** An element as `toJSON` of a Key returns it: a bigint as decimal text, bytes in hexadecimal. */
export type JsonPart = null | boolean | number | string | JsonPart[];
