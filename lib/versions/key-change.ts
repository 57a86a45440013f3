import { LeaseholdError } from '../base/errors.ts';
import { typedArrayLength } from '../base/primordials.ts';
import type { KeyCodec } from '../key/codec.ts';
import { keyBytes } from '../key/key-bytes.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { RecordedChange } from './change-record.ts';

/** A range of keys, which `collection.range()` takes as its options. A bound that is left out is open to that side. */
export interface KeyRange<KView = unknown> {
  gt?: KView;
  gte?: KView;
  lt?: KView;
  lte?: KView;
}

/**
 * What a commit changed in a collection: `keys`, or a `range` in which any key may have been written or deleted. There is a range for `clear()`
 * and `drop()`, and for a commit that changes more than 10,000 keys or 1 MiB of keys.
 */
export type KeyChange<KView = unknown> =
  | {
      /** In order, each once. What `entry.key` gives, on bytes of their own. Bytes that the codec cannot read as a key are a Value. */
      readonly keys: readonly KView[];
      readonly range: undefined;
      readonly dropped: false;
    }
  | {
      readonly keys: undefined;
      readonly range: KeyRange<KView>;
      /** Whether the collection itself was dropped. It may have been made again in the same commit. */
      readonly dropped: boolean;
    };

/** What was changed, with the keys as a codec reads them. */
export function keyChange(change: RecordedChange, codec: KeyCodec<never, unknown>): KeyChange {
  if (change.keys !== undefined) {
    return { keys: change.keys.map((key) => keyView(key, codec)), range: undefined, dropped: false };
  }
  return { keys: undefined, range: keyRange(change.range as ByteRange, codec), dropped: change.dropped };
}

function keyRange({ lower, lowerOpen, upper, upperOpen }: ByteRange, codec: KeyCodec<never, unknown>): KeyRange {
  const range: KeyRange = {};
  if (lower !== undefined) range[lowerOpen ? 'gt' : 'gte'] = keyView(lower, codec);
  if (upper !== undefined) range[upperOpen ? 'lt' : 'lte'] = keyView(upper, codec);
  return range;
}

/** The view of a key on bytes of its own, or a Value if the codec cannot read them. A bound need not be a whole key. */
function keyView(key: Uint8Array, codec: KeyCodec<never, unknown>): unknown {
  const lease = Lease.private(NO_VIEWS, key, typedArrayLength(key));
  try {
    return codec.view(lease, 0);
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_CODEC') throw error;
    return keyBytes.view(lease, 0);
  }
}
