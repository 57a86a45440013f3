import type { Sink } from '../lease/sink.ts';
import type { Double } from './double.ts';

/** What an element of a tuple key can be made from. A Key stands for a nested tuple, any other sink for bytes. */
export type KeyPart = null | boolean | number | bigint | string | Double | Uint8Array | Sink | readonly KeyPart[];

/** What `toArray` of a Key gives for an element: no sinks. */
export type PlainPart = null | boolean | number | bigint | string | Uint8Array<ArrayBuffer> | PlainPart[];

/** The same as JSON holds it: a bigint as decimal text, bytes in hexadecimal. */
export type JsonPart = null | boolean | number | string | JsonPart[];
