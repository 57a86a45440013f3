import { Collection } from '../../environment/collection.ts';
import { keyBytes } from '../../key/key-bytes.ts';
import type { Entry } from '../../read/entry.ts';
import { placeOfEntry } from '../../read/range-classes.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { openTransactionOf, type ReadTransaction } from '../../transaction/transaction.ts';
import type { Value } from '../../value/value.ts';
import { expiryIndex, indexKey } from '../../versions/expiry-index.ts';

/** Above this there is no Date. */
const LAST_TIME = 8.64e15;

type IndexEntry = { key: Value; value: Value };

/**
 * Compares the times of a collection's values with its index by time: each value that expires must have an entry with its time or an
 * earlier one, or no sweep would delete it; and each entry of the index must be one. An entry may be of a record that is absent by now.
 */
export class TimesCheck {
  readonly #index: Collection<Uint8Array, unknown, Value, Value> | undefined;
  readonly #txn: ReadTransaction;
  /** The records that have no entry with just their time: by the first bytes of their keys, the earliest time, and how the key is shown. */
  readonly #others = new Map<string, { time: number; shown: string }>();

  /** Undefined for a collection whose values do not expire. */
  static of(collection: OpenCollection, txn: ReadTransaction): TimesCheck | undefined {
    return collection.expiry === undefined ? undefined : new TimesCheck(collection, txn);
  }

  private constructor(collection: OpenCollection, txn: ReadTransaction) {
    const index = expiryIndex(collection, openTransactionOf(collection.environment, txn));
    this.#index = index === undefined ? undefined : new Collection(index);
    this.#txn = txn;
  }

  /** Takes note of a record; `shown` is its key in messages. */
  add(entry: Entry<unknown, unknown>, shown: string): void {
    const time = entry.expires ?? Number.POSITIVE_INFINITY;
    const place = placeOfEntry(entry);
    if (time === Number.POSITIVE_INFINITY || place === undefined) return;
    const key = keyBytes.view(place.lease, place.at).toBuffer();
    const wanted = indexKey(Math.min(time, Number.MAX_SAFE_INTEGER), key);
    if (this.#index?.has(wanted, this.#txn) === true) return;
    const first = wanted.toString('latin1', 8);
    if ((this.#others.get(first)?.time ?? Number.POSITIVE_INFINITY) > time) this.#others.set(first, { time, shown });
  }

  /** Reads the index, and tells what is wrong. */
  finish(problem: (what: string) => void): void {
    for (const { key, value } of (this.#index?.range({}, this.#txn) ?? []) as Iterable<IndexEntry>) {
      const entry = key.toBuffer();
      const time = entry.length < 8 ? 0 : Number(entry.readBigUInt64BE());
      if (time === 0 || time > LAST_TIME || value.byteLength > 0) {
        problem(`the index by time has an entry that is none: ${entry.toString('hex')}`);
        continue;
      }
      const first = entry.toString('latin1', 8);
      if ((this.#others.get(first)?.time ?? 0) >= time) this.#others.delete(first);
    }
    for (const { time, shown } of this.#others.values()) {
      problem(
        time > LAST_TIME
          ? `the key ${shown} has the time ${time}, which is no time`
          : `the key ${shown} expires at ${new Date(time).toISOString()}, but the index by time does not have it: no sweep will delete it`,
      );
    }
  }
}
