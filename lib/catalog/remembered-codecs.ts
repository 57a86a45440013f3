import { LeaseholdError } from '../base/errors.ts';
import type { KeyCodec } from '../key/codec.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { keyCodecNamed } from '../key/key-codecs.ts';
import { rememberedValueCodec } from '../key/remembered.ts';
import { COLLECTION_ANY_KEYS, COLLECTION_EXPIRES, COLLECTION_VERSIONS } from '../native/constants.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';

export type AnyKeyCodec = KeyCodec<never, unknown>;
export type AnyValueCodec = ValueCodec<never, unknown>;

/** What the database remembers of a collection: the name of the key codec, the description of the value codec, and what it was made with. */
export interface Remembered {
  readonly key: string;
  readonly value: unknown;
  /** Those of REMEMBERED_FLAGS that it was made with. */
  readonly flags: number;
}

/** The flags that the database remembers, since mdb_dump and mdb_load do not keep them: COLLECTION_… */
export const REMEMBERED_FLAGS: number = COLLECTION_VERSIONS | COLLECTION_EXPIRES | COLLECTION_ANY_KEYS;

/** The codec for the keys of a collection: the remembered one. `ERR_CODEC` if `wanted` is another codec. */
export function keyCodecFor(
  wanted: AnyKeyCodec | undefined,
  remembered: Remembered | undefined,
  name: string,
): AnyKeyCodec {
  if (remembered === undefined) return wanted ?? keyBytes;
  const codec = keyCodecNamed(remembered.key);
  if (codec === undefined || (wanted !== undefined && wanted !== codec)) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the collection '${name}': the keys are ${remembered.key} in the database` +
        (codec === undefined ? ', which this version does not know' : ` and ${wanted?.name} here`),
    );
  }
  return codec;
}

/** The codec for the values of a collection: `wanted`, or else the one that is remembered. `ERR_CODEC` if that is unknown. */
export function valueCodecFor(
  wanted: AnyValueCodec | undefined,
  remembered: Remembered | undefined,
  name: string,
): AnyValueCodec {
  if (remembered === undefined) return wanted ?? bytes;
  if (wanted !== undefined) return wanted;
  const codec = rememberedValueCodec(remembered.value);
  if (codec === undefined) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the values of the collection '${name}' were written with a codec of the program's own ` +
        `(${JSON.stringify(remembered.value)}): give it as \`value\``,
    );
  }
  return codec;
}

/**
 * What to remember of a collection with these codecs and flags; undefined if that is remembered already. (A struct may have new
 * fields.) `ERR_CODEC` if these codecs cannot read the values that were written before.
 */
export function newsOf(
  key: AnyKeyCodec,
  value: AnyValueCodec,
  flags: number,
  remembered: Remembered | undefined,
  name: string,
): Remembered | undefined {
  const made = flags & REMEMBERED_FLAGS;
  if (remembered === undefined) return { key: key.name, value: value.description, flags: made };
  keyCodecFor(key, remembered, name);
  const description = accepted(value, remembered, name);
  if (made === remembered.flags && JSON.stringify(description) === JSON.stringify(remembered.value)) return undefined;
  return { key: key.name, value: description, flags: made };
}

function accepted(codec: AnyValueCodec, remembered: Remembered, name: string): unknown {
  try {
    return codec.accept(remembered.value);
  } catch (cause) {
    if (!(cause instanceof LeaseholdError)) throw cause;
    throw new LeaseholdError('ERR_CODEC', `the collection '${name}': ${cause.message}`, { cause });
  }
}
