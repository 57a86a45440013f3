import { checkOptionNames } from '../base/check-arguments.ts';
import { invalidValue } from '../base/errors.ts';
import { COLLECTION_VERSIONS } from '../native/constants.ts';
import { answered, native } from '../native/native.ts';
import { Bounds, type ByteRange } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { RangeOptions } from '../read/range-options.ts';
import { intersection, isEmpty, isIn } from './byte-range.ts';
import { decodeRecord, type RecordedChange } from './change-record.ts';
import type { CommitStamp } from './changes.ts';
import { type FeedOptions, feedOptions } from './changes-options.ts';
import { Feed } from './feed.ts';
import { type KeyChange, keyChange } from './key-change.ts';

/** Which keys of a collection to watch, and since when. */
export interface WatchOptions<K> extends FeedOptions, Pick<RangeOptions<K>, 'gt' | 'gte' | 'lt' | 'lte' | 'prefix'> {}

/** What a commit changed of the keys that are watched. */
export type KeysChanged<KView> = CommitStamp & KeyChange<KView>;

const BOUNDS = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

/** See `Collection.watch`. */
export function watch<K, KView>(collection: OpenCollection, options: WatchOptions<K>): Feed<KeysChanged<KView>> {
  const { environment, name, key } = collection;
  environment.checkOpen();
  if ((answered(native.collectionFlags(environment.native, collection.id)) & COLLECTION_VERSIONS) === 0) {
    throw invalidValue(`watch() is for collections with versions: ${collection.title} was made without versions: true`);
  }
  const { place, signal } = feedOptions(options);
  checkOptionNames(options, [...BOUNDS, 'after', 'signal'], 'watch()');
  const range = watchedRange(options, collection);
  const read = (record: Uint8Array, tid: number): KeysChanged<KView> | undefined => {
    const { changes, nonce, time, ids } = decodeRecord(record, tid, (changed) => changed === name);
    const change = changes[0] === undefined ? undefined : within(changes[0], range);
    return change === undefined
      ? undefined
      : ({ tid, nonce, time, ids, ...keyChange(change, key) } as KeysChanged<KView>);
  };
  return new Feed({ environment, read, place, signal });
}

function watchedRange<K>(options: WatchOptions<K>, collection: OpenCollection): ByteRange {
  const bounds: RangeOptions<K> = {};
  for (const bound of BOUNDS) if (options[bound] !== undefined) bounds[bound] = options[bound];
  return Bounds.of(bounds, collection).bytes();
}

/** The part of a change that lies in a range; undefined if none does. */
function within(change: RecordedChange, range: ByteRange): RecordedChange | undefined {
  if (change.keys !== undefined) {
    const keys = change.keys.filter((key) => isIn(key, range));
    return keys.length === 0 ? undefined : { ...change, keys };
  }
  const common = intersection(change.range as ByteRange, range);
  return isEmpty(common) && !change.dropped ? undefined : { ...change, range: common };
}
