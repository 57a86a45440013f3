import { invalidType } from '../errors.ts';
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

/** The codecs that a key can have, by what a user gives. Each normalised one stands for itself. */
const known = new Map<unknown, unknown>([
  [tuple, tuple],
  [uint32, uint32],
  [utf8, utf8],
  [bytes, keyBytes],
  [keyBytes, keyBytes],
]);

/**
 * The codec to use for the keys of a collection: `tuple`, `tupleOf`, `utf8`, `bytes` or `uint32`. Users cannot make any,
 * since their order has to be the order of the bytes. `ERR_INVALID_ARG_TYPE` for anything else.
 */
export function toKeyCodec<K, KView>(given: KeyCodec<K, KView>): KeyCodec<K, KView> {
  const codec = known.get(given);
  if (codec === undefined) throw invalidType('a key codec', 'one of tuple, tupleOf(), utf8, bytes, uint32', given);
  return codec as KeyCodec<K, KView>;
}

/** The key codec that a database remembers by its name; undefined if there is none. */
export function keyCodecNamed(name: string): KeyCodec<never, unknown> | undefined {
  for (const codec of known.values()) {
    const candidate = codec as KeyCodec<never, unknown>;
    if (candidate.name === name) return candidate;
  }
  return undefined;
}
