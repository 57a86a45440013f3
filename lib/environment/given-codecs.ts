import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { LeaseholdError } from '../base/errors.ts';
import type { AnyKeyCodec, AnyValueCodec } from '../catalog/remembered-codecs.ts';
import { checkSideDataName } from '../catalog/side-data-name.ts';
import type { KeyCodec } from '../key/codec.ts';
import { keyCodecAsValue, toKeyCodec } from '../key/key-codecs.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { type AnyValueCodec as GivenValueCodec, toValueCodec } from '../value/custom.ts';
import { structOf } from '../value/struct/struct.ts';

/** The codecs with which `collection.as()` reads. The collection's own if they are not given. */
export interface OtherCodecs<K, V, KView, VView> {
  key?: KeyCodec<K, KView>;
  /** A key codec can be used for values too. */
  value?: GivenValueCodec<V, VView> | KeyCodec<V, VView>;
}

/** The codec for keys that a user gave, undefined if none. `ERR_INVALID_ARG_TYPE`. */
export function givenKeyCodec(given: unknown): AnyKeyCodec | undefined {
  return given === undefined ? undefined : (toKeyCodec(given as never) as AnyKeyCodec);
}

/** The codec for values that a user gave, undefined if none. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. */
export function givenValueCodec(given: unknown): AnyValueCodec | undefined {
  if (given === undefined) return undefined;
  return keyCodecAsValue(given) ?? (toValueCodec(given as never) as AnyValueCodec);
}

/** See `collection.as()`. */
export function readWith(collection: OpenCollection, codecs: unknown): OpenCollection {
  checkObject(codecs, 'codecs');
  checkOptionNames(codecs, ['key', 'value'], 'as()');
  const { key, value } = codecs as { key?: unknown; value?: unknown };
  const valueCodec = givenValueCodec(value) ?? collection.value;
  checkSchemas(collection, valueCodec);
  if (valueCodec.bind !== undefined) checkSideDataName(collection.name);
  return collection.readWith(givenKeyCodec(key) ?? collection.key, valueCodec);
}

/** A record is read as another struct only if one schema begins the other: fields would be read at wrong places without a word. */
function checkSchemas({ title, value: own }: OpenCollection, value: AnyValueCodec): void {
  if (structOf(own) === undefined || structOf(value) === undefined) return;
  try {
    value.accept(own.description);
  } catch (cause) {
    if (!(cause instanceof LeaseholdError)) throw cause;
    throw new LeaseholdError('ERR_CODEC', `${title} cannot be read with this struct: ${cause.message}`, { cause });
  }
}
