import { invalidType, invalidValue } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { RANGE_REVERSE } from '../native/constants.ts';
import type { Bounds } from '../read/bounds.ts';
import type { RangeOptions } from '../read/range-options.ts';
import { stopsScan } from '../read/stops-scan.ts';
import type { EngineBounds } from '../versions/engine/engine.ts';
import { isAbsent } from '../versions/engine/is-absent.ts';
import type { Backend } from './backend.ts';
import type { CollectionCodecs } from './collection-codecs.ts';
import type { Reads, ReadValue } from './reads.ts';
import { EntryRows } from './rows/entry-rows.ts';
import { RowIterator } from './rows/row-iterator.ts';
import { scanBatch } from './rows/scan-batch.ts';
import type { StoreEntry } from './rows/store-entry.ts';
import { PreparedRange, type StoreRange } from './rows/store-range.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** Which entries of a collection to read, and in which order. */
export type StoreRangeOptions<K> = Pick<
  RangeOptions<K>,
  'gt' | 'gte' | 'lt' | 'lte' | 'prefix' | 'reverse' | 'limit' | 'offset'
>;

let codecsIn: (given: unknown) => CollectionCodecs | undefined;

/** The codecs of a collection of the store with this backend; undefined if `given` is no collection. `ERR_INVALID_ARG_VALUE` for one of another store. */
export function codecsOf(given: unknown, backend: Backend): CollectionCodecs | undefined {
  const codecs = codecsIn(given);
  if (codecs !== undefined && codecs.backend !== backend) throw invalidValue('the collection is of another store');
  return codecs;
}

/**
 * A collection as of one commit: what views and transactions give. All promises are rejected with `ERR_NO_COLLECTION`, `ERR_CODEC`,
 * `ERR_DISCONNECTED`, `ERR_SNAPSHOT_LOST`, `ERR_ENV_CLOSED`, `ERR_FORBIDDEN`, and what the codecs throw.
 */
export class ReadableCollection<K, KView, VView> {
  readonly name: string;
  readonly #codecs: CollectionCodecs;
  readonly #reads: Reads;

  /** Not for users: stores, views and transactions give these. */
  constructor(codecs: CollectionCodecs, reads: Reads) {
    this.name = codecs.name;
    this.#codecs = codecs;
    this.#reads = reads;
  }

  /** The value of a key; undefined if the key is absent. */
  get(key: K): Promise<VView | undefined> {
    return this.#read(key, toValueOf) as Promise<VView | undefined>;
  }

  /** The values of several keys, in the order of the keys, with undefined for each key that is absent. */
  async getMany(keys: Iterable<K>): Promise<(VView | undefined)[]> {
    checkIterable(keys);
    const codecs = await this.#codecs.toRead();
    const encoded: Uint8Array[] = [];
    for (const key of keys) encoded.push(codecs.encodeKey(key));
    return this.#reads.getMany(this.name, encoded, codecs.toValue as (value: ReadValue) => VView | undefined);
  }

  has(key: K): Promise<boolean> {
    return this.#read(key, toPresence);
  }

  /** The number of the commit that wrote a key's value, 0 if the key is absent. */
  version(key: K): Promise<number> {
    return this.#read(key, toVersion);
  }

  /** The entries between two bounds, in the order of their keys. They are read ahead as far as memory is given for it, and no further. */
  range(options?: StoreRangeOptions<K>): StoreRange<StoreEntry<KView, VView>> {
    const prepared = this.#codecs.toRead().then((codecs) => ({ codecs, bounds: codecs.bounds(options) }));
    // Whoever never iterates gets no error.
    prepared.catch(() => {});
    return new PreparedRange(this.name, prepared, (found) => {
      const { codecs, bounds } = found;
      return new RowIterator(
        (take) => this.#reads.range(this.name, engineBounds(bounds), take),
        (batch) => new EntryRows<KView, VView>(batch, codecs),
        bounds,
      );
    });
  }

  /**
   * Calls `fn` for each entry of a range, in batches as they come: quicker than `range`. If `fn` returns false, the scan stops. The entry is valid until `fn`
   * returns; to keep something of it, take `keep()` of a Key or Value, `value.toObject()`, or use `range`. `ERR_ASYNC_CALLBACK` if `fn` is async.
   */
  async scan(
    options: StoreRangeOptions<K> | undefined,
    fn: (entry: StoreEntry<KView, VView>) => unknown,
  ): Promise<void> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const codecs = await this.#codecs.toRead();
    const bounds = codecs.bounds(options);
    let { offset, limit } = bounds;
    if (limit === 0) return;
    const show = (entry: StoreEntry<unknown, unknown>): boolean => {
      const answer = fn(entry as StoreEntry<KView, VView>);
      return answer === undefined || !stopsScan(answer);
    };
    await this.#reads.range(this.name, engineBounds(bounds), (batch) => {
      const rows = batch.lent?.length ?? batch.rows.length;
      const from = Math.min(offset, rows);
      const to = Math.min(rows, from + limit);
      offset -= from;
      // Not row by row: it is above 2^31, for which V8 would make an object each time.
      limit -= to - from;
      return scanBatch(batch, codecs, from, to, show) && limit > 0;
    });
  }

  /** How many entries a range has. */
  async count(options?: StoreRangeOptions<K>): Promise<number> {
    const codecs = await this.#codecs.toRead();
    const bounds = codecs.bounds(options);
    const count = await this.#reads.count(this.name, bounds.bytes());
    return Math.min(bounds.limit, Math.max(0, count - bounds.offset));
  }

  /** With no detour by a promise, once the codecs are known: that would take longer than all else that a program does for a get. */
  #read<T>(key: K, make: (codecs: StoreCodecs) => (value: ReadValue) => T): Promise<T> {
    const { known } = this.#codecs;
    if (known === undefined) return this.#readLater(key, make);
    try {
      return this.#reads.get(this.name, known.encodeKey(key), make(known));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #readLater<T>(key: K, make: (codecs: StoreCodecs) => (value: ReadValue) => T): Promise<T> {
    const codecs = await this.#codecs.toRead();
    return this.#reads.get(this.name, codecs.encodeKey(key), make(codecs));
  }

  static {
    codecsIn = (given) => (typeof given === 'object' && given !== null && #codecs in given ? given.#codecs : undefined);
    inspectAs(ReadableCollection.prototype, (self) => `${self.constructor.name} '${self.name}'`);
  }
}

function checkIterable(keys: unknown): void {
  if (typeof (keys as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function') return;
  throw invalidType('keys', 'an iterable', keys);
}

/** Calls `take` with the key of each entry of a range. */
export async function keysOf(
  reads: Reads,
  name: string,
  bounds: Bounds,
  take: (key: Uint8Array) => unknown,
): Promise<void> {
  let { offset, limit } = bounds;
  if (limit === 0) return;
  await reads.range(name, engineBounds(bounds), ({ rows }) => {
    for (const { key } of rows) {
      if (offset > 0) {
        offset--;
        continue;
      }
      take(key);
      if (--limit === 0) return false;
    }
    return true;
  });
}

// Not closures where they are used: each get would make one.
const toValueOf = ({ toValue }: StoreCodecs): ((value: ReadValue) => unknown) => toValue;
const toPresence = (): ((value: ReadValue) => boolean) => isThere;
const toVersion = (): ((value: ReadValue) => number) => versionOf;

function isThere(read: ReadValue): boolean {
  return !isAbsent(read);
}

function versionOf(read: ReadValue): number {
  return isAbsent(read) ? 0 : read.tid;
}

function engineBounds(bounds: Bounds): EngineBounds {
  return { ...bounds.bytes(), reverse: (bounds.flags & RANGE_REVERSE) !== 0 };
}
