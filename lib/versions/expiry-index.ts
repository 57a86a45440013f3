import { EXPIRY_PREFIX } from '../catalog/own-collections.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { answered, native } from '../native/native.ts';
import { OpenCollection } from '../read/open-collection.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';

/** How many bytes of a key the index has, behind the time. */
export const INDEXED_KEY_BYTES = 503;

/**
 * The index by time of a collection whose values expire, as docs/format.md describes it; undefined if it is not there, which is so before the
 * first value with a time is put.
 */
export function expiryIndex(
  { environment, name }: OpenCollection,
  { handle }: OpenTransaction,
): OpenCollection | undefined {
  const index = `${EXPIRY_PREFIX}${name}`;
  const id = answered(native.findCollection(handle, index));
  if (id < 0) return undefined;
  return new OpenCollection(environment, index, id, keyBytes as never, bytes as ValueCodec<never, unknown>, 0);
}

/** Whether some value of a collection may have a time. */
export function mayHaveTimes(collection: OpenCollection, transaction: OpenTransaction): boolean {
  if (collection.expiry === undefined) return false;
  const index = expiryIndex(collection, transaction);
  return index !== undefined && answered(native.collectionStat(transaction.handle, index.id)).entries > 0;
}

/** The key of an entry of the index. */
export function indexKey(time: number, key: Uint8Array): Buffer {
  const entry = Buffer.alloc(8 + Math.min(key.length, INDEXED_KEY_BYTES));
  entry.writeBigUInt64BE(BigInt(time));
  entry.set(key.subarray(0, INDEXED_KEY_BYTES), 8);
  return entry;
}
