import type { Sink } from '../lease/sink.ts';
import type { Value } from '../value/value.ts';
import type { Double } from './double.ts';
import type { Key } from './key.ts';

/** What an element of a tuple key can be made from. A Key stands for a nested tuple, any other sink for bytes. */
export type KeyPart = null | boolean | number | bigint | string | Double | Uint8Array | Sink | Key | readonly KeyPart[];

/** What an element of a Key reads as: bytes, UUIDs and versionstamps as a Value, a nested tuple as a Key. */
export type KeyPartView = null | boolean | number | bigint | string | Value | Key;

/** The same without sinks, as `toArray` gives it. */
export type PlainPart = null | boolean | number | bigint | string | Uint8Array<ArrayBuffer> | PlainPart[];

/** The same as JSON holds it: a bigint as decimal text, bytes in hexadecimal. */
export type JsonPart = null | boolean | number | string | JsonPart[];

/** What an element written as `P` reads as. Any integer that is safe reads as a number. */
type PartView<P> = P extends null | boolean | number | string
  ? P
  : P extends bigint
    ? number | bigint
    : P extends Double
      ? number
      : P extends Key<infer V>
        ? Key<V>
        : P extends readonly KeyPart[]
          ? Key<PartViews<P>>
          : P extends Uint8Array | Sink
            ? Value
            : never;

/** What the elements of a tuple written as `T` read as. */
export type PartViews<T extends readonly KeyPart[]> = { readonly [I in keyof T]: PartView<T[I]> };

/** The elements of a Key whose number is not known: `at` may give undefined. */
export type AnyParts = readonly (KeyPartView | undefined)[];
