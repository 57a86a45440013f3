import { allocateBytes } from '../../base/allocate.ts';
import { writer } from '../../base/writer.ts';
import { keyBytes } from '../../key/key-bytes.ts';
import { copyBytes, copyInto } from '../../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import type { Entry } from '../../read/entry.ts';
import { placeOfEntry } from '../../read/range-classes.ts';
import { checkEntry, type EntryLike, type EntrySource } from '../../read/entry-source.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { Range } from '../../read/range.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { transactionEnded } from '../../transaction/open-write.ts';
import { bytes } from '../../value/bytes.ts';
import type { ValueCodec } from '../../value/codec.ts';
import { json } from '../../value/json.ts';
import { isStructView, jsonOf } from '../../value/struct/struct-view.ts';

type AnyEntry = Entry<unknown, unknown>;

/**
 * The entries that an export writes, as a RecordWriter takes them. Values that `map()` has made are written as JSON, since the collection's
 * codec cannot print them; for a dump, the collection's codec encodes them.
 *
 * An export may have to look at entries before it writes them: `ahead` and then the iterator give the same ones. The user's functions
 * run once for each entry, since they may have a memory: entries that they have made are held in between. A plain range is read twice.
 */
export class ExportedEntries implements Iterable<AnyEntry> {
  /** The collection whose codecs print the entries. */
  readonly collection: OpenCollection;
  readonly #source: EntrySource;
  readonly #transaction: OpenTransaction;
  readonly #isDump: boolean;
  /** What is to come of the entries that functions make, and those that `ahead` has given of them. */
  #made: Generator<AnyEntry, undefined, unknown> | undefined;
  #seen: AnyEntry[] = [];

  constructor(source: EntrySource, transaction: OpenTransaction, isDump: boolean) {
    const { collection } = source.rangeState;
    this.#source = source;
    this.#transaction = transaction;
    this.#isDump = isDump;
    if (isDump) this.collection = collection.readWith(keyBytes, bytes as ValueCodec<never, unknown>);
    else this.collection = source.maps ? collection.readWith(collection.key, json) : collection;
  }

  /** The entries from the first on, to be looked at. Once, before the iterator; it can be left early. */
  ahead(): Iterable<AnyEntry> {
    return this.#source.isRange ? this.#range() : this.#lookAhead();
  }

  /** All entries, to be written. Once. */
  [Symbol.iterator](): Iterator<AnyEntry> {
    return this.#source.isRange ? this.#range()[Symbol.iterator]() : this.#all();
  }

  *#lookAhead(): Generator<AnyEntry, undefined, unknown> {
    this.#made = this.#make(this.#source.items(this.#transaction));
    for (let next = this.#made.next(); next.done !== true; next = this.#made.next()) {
      this.#seen.push(next.value);
      yield next.value;
    }
  }

  *#all(): Generator<AnyEntry, undefined, unknown> {
    const seen = this.#seen;
    this.#seen = [];
    yield* seen;
    yield* this.#made ?? this.#make(this.#source.items(this.#transaction));
  }

  #range(): Range<unknown, unknown> {
    const { rangeState } = this.#source;
    return new Range<unknown, unknown>(this.collection, rangeState.bounds, this.#transaction, rangeState.owner);
  }

  *#make(items: Iterable<unknown>): Generator<AnyEntry, undefined, unknown> {
    for (const item of items) {
      // The user's function that has just run may have ended the transaction.
      if (!this.#transaction.open) throw transactionEnded('while it was being exported');
      checkEntry(item, 'range');
      if (this.#isDump) yield this.#stored(item);
      else yield this.#source.maps ? this.#plain(item) : (item as AnyEntry);
    }
  }

  /** An entry of bytes: those that are stored, or those that would be stored for an item that `map()` has made. */
  #stored(item: EntryLike): AnyEntry {
    const { collection } = this.#source.rangeState;
    const place = this.#source.maps ? undefined : placeOfEntry(item);
    const lease = place?.lease ?? encoded(collection, item, true);
    const at = place?.at ?? 0;
    const time = this.#source.maps ? undefined : (item as AnyEntry).expires;
    return entryOf(bytes.view(lease, at), bytes.view(lease, at + 2), time);
  }

  #plain(item: EntryLike): AnyEntry {
    const { collection } = this.#source.rangeState;
    const { value } = item;
    const shown = typeof value === 'object' && value !== null && isStructView(value) ? jsonOf(value) : value;
    return entryOf(collection.key.view(encoded(collection, item, false), 0), shown, undefined);
  }
}

function entryOf(key: unknown, value: unknown, expires: number | undefined): AnyEntry {
  return { key, value, version: undefined, expires, toJSON: () => ({ key, value }) };
}

/** A private lease on the encoded key of an item and, with `withValue`, on its encoded value. */
function encoded(collection: OpenCollection, item: EntryLike, withValue: boolean): Lease {
  const start = writer.position;
  try {
    const { key, value } = item;
    collection.key.write(key as never, writer);
    const keyLength = writer.position - start;
    const foreign = withValue ? collection.value.write(value as never, writer) : undefined;
    const own = writer.position - start;
    const memory = copyBytes(writer.bytes, start, own);
    if (foreign === undefined) return Lease.private(NO_VIEWS, memory, keyLength);
    const whole = allocateBytes(own + foreign.length);
    copyInto(whole, 0, memory, 0, own);
    copyInto(whole, own, foreign.bytes, foreign.offset, foreign.length);
    return Lease.private(NO_VIEWS, whole, keyLength);
  } finally {
    writer.position = start;
    writer.trim();
  }
}
