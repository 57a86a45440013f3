import { invalidType } from '../base/errors.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { utf8 } from '../value/utf8.ts';
import type { KeyCodec } from './codec.ts';
import { keyBytes } from './key-bytes.ts';
import { tuple } from './tuple.ts';
import { uint32 } from './uint32.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;

/** Gone through by index: a patched method could put a codec of the program's own in the place of ours. */
const codecs: readonly AnyKeyCodec[] = [tuple, uint32, utf8, keyBytes];

/** What the codecs of keys are called. */
export const KEY_CODEC_NAMES: readonly string[] = codecs.map(({ name }) => name);

/** Whether a collection can have `codec` for its keys as it is. */
export function isKeyCodec(codec: unknown): codec is AnyKeyCodec {
  for (let i = 0; i < codecs.length; i++) if (codecs[i] === codec) return true;
  return false;
}

/**
 * The codec to use for the keys of a collection: `tuple`, `tupleOf`, `utf8`, `bytes` or `uint32`. Users cannot make any,
 * since their order has to be the order of the bytes. `ERR_INVALID_ARG_TYPE` for anything else.
 */
export function toKeyCodec<K, KView>(given: KeyCodec<K, KView>): KeyCodec<K, KView> {
  if (given === (bytes as unknown)) return keyBytes as unknown as KeyCodec<K, KView>;
  if (!isKeyCodec(given)) throw invalidType('a key codec', 'one of tuple, tupleOf(), utf8, bytes, uint32', given);
  return given;
}

/** The key codec that a database remembers by its name; undefined if there is none. */
export function keyCodecNamed(name: string): AnyKeyCodec | undefined {
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyKeyCodec;
    if (codec.name === name) return codec;
  }
  return undefined;
}

/** The value codec of what is a key codec alone, `tuple`, `tupleOf()` or `uint32`; undefined for anything else. */
export function keyCodecAsValue(given: unknown): ValueCodec<never, unknown> | undefined {
  return isKeyCodec(given) ? given.asValue : undefined;
}
