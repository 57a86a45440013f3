import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { json } from '../value/json.ts';
import { msgpack } from '../value/msgpack/msgpack.ts';
import { rememberedStruct } from '../value/struct/struct.ts';
import { utf8 } from '../value/utf8.ts';
import { tuple } from './tuple.ts';
import { uint32 } from './uint32.ts';

type AnyValueCodec = ValueCodec<never, unknown>;

/** The codecs that are remembered by their names alone. */
const codecs: readonly AnyValueCodec[] = [
  bytes,
  utf8,
  json,
  msgpack,
  tuple.asValue as AnyValueCodec,
  uint32.asValue as AnyValueCodec,
];

/** What they are called. */
export const VALUE_CODEC_NAMES: readonly string[] = codecs.map(({ name }) => name);

/**
 * The codec that an earlier `description` speaks of; undefined for a custom codec, whose functions only the program has, and
 * for what a newer leasehold may have written.
 */
export function rememberedValueCodec(description: unknown): AnyValueCodec | undefined {
  // By index: a patched method could put a codec of the program's own in the place of ours.
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyValueCodec;
    if (codec.description === description) return codec;
  }
  return rememberedStruct(description) as AnyValueCodec | undefined;
}
