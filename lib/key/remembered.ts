import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { json } from '../value/json.ts';
import { msgpack } from '../value/msgpack/msgpack.ts';
import { rememberedStruct } from '../value/struct/struct.ts';
import { utf8 } from '../value/utf8.ts';
import { tuple } from './tuple.ts';
import { uint32 } from './uint32.ts';

type AnyValueCodec = ValueCodec<never, unknown>;

/** The codecs of which the database remembers only the name. */
const codecs: readonly AnyValueCodec[] = [
  bytes,
  utf8,
  json,
  msgpack,
  tuple.asValue as AnyValueCodec,
  uint32.asValue as AnyValueCodec,
];

/** The names of these codecs. */
export const VALUE_CODEC_NAMES: readonly string[] = codecs.map(({ name }) => name);

/**
 * The value codec with a `description` that a database remembers. Undefined for a codec of the program's own, and for a description that is
 * not known here, such as one that a newer leasehold has written.
 */
export function rememberedValueCodec(description: unknown): AnyValueCodec | undefined {
  // By index: an array method that the program has patched could return a codec of the program's own.
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyValueCodec;
    if (codec.description === description) return codec;
  }
  return rememberedStruct(description) as AnyValueCodec | undefined;
}
