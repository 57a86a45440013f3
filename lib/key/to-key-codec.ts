import { invalidType } from '../base/errors.ts';
import type { Sink } from '../lease/sink.ts';
import { bytes, writeBytes } from '../value/bytes.ts';
import { utf8 } from '../value/utf8.ts';
import { Value } from '../value/value.ts';
import type { KeyCodec } from './codec.ts';
import { tuple } from './tuple.ts';
import { uint32 } from './uint32.ts';

/** `bytes` for keys: always in the writer, never Foreign. */
const keyBytes: KeyCodec<Uint8Array | Sink, Value> = Object.freeze({
  name: 'bytes',
  prefix: 'bytes',
  aims: true,
  write: (key, writer) => writeBytes(writer, key, 'key'),
  view: (lease, at) => new Value(lease, at, null),
} satisfies KeyCodec<Uint8Array | Sink, Value>);

type AnyKeyCodec = KeyCodec<never, unknown>;

/** Gone through by index: a patched method could put a codec of the program's own in the place of ours. */
const codecs: readonly AnyKeyCodec[] = [tuple, uint32, utf8, keyBytes];

/** Whether a collection can have `codec` for its keys as it is. */
export function isKeyCodec(codec: unknown): boolean {
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
export function keyCodecNamed(name: string): KeyCodec<never, unknown> | undefined {
  for (let i = 0; i < codecs.length; i++) {
    const codec = codecs[i] as AnyKeyCodec;
    if (codec.name === name) return codec;
  }
  return undefined;
}
