import { Collection, openCollectionOf } from '../environment/collection.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { OpenCollection } from '../read/open-collection.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import type { Value } from '../value/value.ts';

/** A hidden collection as the bytes of its keys and values. */
export type RawCollection = Collection<Uint8Array, Uint8Array, Value, Value>;

export function rawCollection(collection: Collection<never, never, unknown, unknown>): RawCollection {
  const { environment, name, id, flags } = openCollectionOf(collection) as OpenCollection;
  const open = new OpenCollection(environment, name, id, keyBytes as never, bytes as ValueCodec<never, unknown>, flags);
  return new Collection(open) as unknown as RawCollection;
}
