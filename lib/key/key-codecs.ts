import { invalidType } from '../base/errors.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { utf8 } from '../value/utf8.ts';
import type { KeyCodec } from './codec.ts';
import { itemKey } from './item-key.ts';
import { keyBytes } from './key-bytes.ts';
import { objectId } from './object-id.ts';
import { tuple } from './tuple.ts';
import { uint32 } from './uint32.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;

/** The codecs that programs can use. Read it only by index: an array method that the program has patched could return a codec of the program's own. */
const codecs: readonly AnyKeyCodec[] = [tuple, uint32, utf8, keyBytes];

/** Those of leasehold's own collections. */
const ownCodecs: readonly AnyKeyCodec[] = [objectId, itemKey];

/** The names of the key codecs. */
export const KEY_CODEC_NAMES: readonly string[] = codecs.map(({ name }) => name);

/** Whether `codec` is a key codec of leasehold. */
export function isKeyCodec(codec: unknown): codec is AnyKeyCodec {
  for (let i = 0; i < codecs.length; i++) if (codecs[i] === codec) return true;
  for (let i = 0; i < ownCodecs.length; i++) if (ownCodecs[i] === codec) return true;
  return false;
}

/**
 * The codec to use for the keys of a collection: `tuple`, `tupleOf`, `utf8`, `bytes` or `uint32`. Users cannot make key codecs,
 * since keys must sort as their bytes do. `ERR_INVALID_ARG_TYPE` for anything else.
 */
export function toKeyCodec<K, KView>(given: KeyCodec<K, KView>): KeyCodec<K, KView> {
  if (given === (bytes as unknown)) return keyBytes as unknown as KeyCodec<K, KView>;
  if (!isKeyCodec(given)) throw invalidType('a key codec', 'one of tuple, tupleOf(), utf8, bytes, uint32', given);
  return given;
}

/** The key codec with a name that a database remembers; undefined if there is none. */
export function keyCodecNamed(name: string): AnyKeyCodec | undefined {
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyKeyCodec;
    if (codec.name === name) return codec;
  }
  for (let i = 0; i < ownCodecs.length; i++) {
    const codec = ownCodecs[i] as AnyKeyCodec;
    if (codec.name === name) return codec;
  }
  return undefined;
}

/** The value codec for `tuple`, `tupleOf()` or `uint32`, which are key codecs only; undefined for anything else. */
export function keyCodecAsValue(given: unknown): ValueCodec<never, unknown> | undefined {
  return isKeyCodec(given) ? given.asValue : undefined;
}
