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

/** Their names. */
export const VALUE_CODEC_NAMES: readonly string[] = codecs.map(({ name }) => name);

/**
 * The codec of a remembered `description`. Undefined for a codec of a program's own, and for a description that a newer leasehold may have
 * written.
 */
export function rememberedValueCodec(description: unknown): AnyValueCodec | undefined {
  // By index: a patched array method could give a codec of the program's own.
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyValueCodec;
    if (codec.description === description) return codec;
  }
  return rememberedStruct(description) as AnyValueCodec | undefined;
}
