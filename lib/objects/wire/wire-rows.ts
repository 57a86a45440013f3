import { writer } from '../../base/writer.ts';
import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { ITEM_COUNT, type ItemKey, type ItemKeyView, itemKey } from '../../key/item-key.ts';
import { idAt, idBytes } from '../../key/object-id.ts';
import { copyBytes } from '../../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import { ONLY_VALUE } from '../../lease/sink.ts';
import type { RangeOptions } from '../../read/range-options.ts';
import { notHere } from '../errors.ts';
import type { State, ViewTxn } from '../model.ts';
import type { ItemRows, ObjectRows } from '../object-base.ts';
import { type ItemInput, itemValue } from '../record/item.ts';
import { classNumberAt, type RecordInput, recordCodec, stateIn } from '../record/record.ts';
import type { WireClasses } from './classes.ts';
import type { Known } from './known-states.ts';
import type { WireReading } from './reading.ts';
import type { KeyRange } from './spans.ts';
import { WireTransaction } from './transaction.ts';

/*
 * The rows of objects and of collections over a server: what the collections of an environment are in a store that is in a file.
 */

export class WireObjects implements ObjectRows {
  readonly #classes: WireClasses;
  readonly #codec = recordCodec(() => {
    throw notHere();
  });

  constructor(classes: WireClasses) {
    this.#classes = classes;
  }

  get(id: number, txn: ViewTxn): State | undefined {
    const reading = txn as WireReading;
    return this.decode(reading.object(id), reading);
  }

  /** What is not here counts as there until it was fetched. */
  has(id: number, txn: ViewTxn): boolean {
    const known = (txn as WireReading).findOrMiss(OBJECTS, idBytes(id));
    return known === undefined || known.bytes !== undefined;
  }

  put(id: number, input: RecordInput, txn: ViewTxn): void {
    const bytes = encoded(() => this.#codec.write(input as never, writer));
    (txn as WireTransaction).write(OBJECTS, idBytes(id), bytes);
  }

  range(options: RangeOptions<number>, txn: ViewTxn): ReturnType<ObjectRows['range']> {
    const { gt, limit = Number.POSITIVE_INFINITY } = options;
    const reading = txn as WireReading;
    const lower = idBytes(gt === undefined ? 0 : (gt as number) + 1);
    const found = reading.rows({ collection: OBJECTS, lower, upper: undefined }, false, limit);
    return sequence(
      found,
      ({ key }) => idAt(key, 0),
      (row) => this.decode(row, reading) as State,
    );
  }

  /** Whether an object is of a class that was added since the classes were read. */
  isOfUnknownClass({ bytes, decoded }: Known): boolean {
    if (bytes === undefined || decoded !== undefined) return false;
    return this.#classes.byId(classNumberAt(Lease.private(NO_VIEWS, bytes, 0), ONLY_VALUE)) === undefined;
  }

  /** What is stored of an object; undefined if there is none. `ERR_NOT_LOADED` if it is of a class that was added since the classes were read. */
  decode(known: Known, reading: WireReading): State | undefined {
    if (known.bytes === undefined || known.decoded !== undefined) return known.decoded as State | undefined;
    const lease = Lease.private(NO_VIEWS, known.bytes, 0);
    const stored = this.#classes.byId(classNumberAt(lease, ONLY_VALUE));
    if (stored === undefined) {
      reading.misses.hasUnknownClass = true;
      throw notHere();
    }
    const state = stateIn(lease, ONLY_VALUE, stored, known.tid);
    known.decoded = state;
    return state;
  }
}

export class WireItems implements ItemRows {
  get(key: ItemKey, txn: ViewTxn): unknown {
    const reading = txn as WireReading;
    const bytes = keyBytes(key);
    const value = decodeItem(reading.state(ITEMS, bytes));
    if (key.kind !== ITEM_COUNT || !(reading instanceof WireTransaction)) return value;
    return (typeof value === 'number' ? value : 0) + reading.addedTo(bytes);
  }

  has(key: ItemKey, txn: ViewTxn): boolean {
    return (txn as WireReading).state(ITEMS, keyBytes(key)).bytes !== undefined;
  }

  put(key: ItemKey, input: ItemInput, txn: ViewTxn): void {
    const bytes = encoded(() => itemValue.write(input as never, writer));
    (txn as WireTransaction).write(ITEMS, keyBytes(key), bytes);
  }

  /** What is not here counts as absent until it was fetched: so one run tells all keys that it sets. */
  putNew(key: ItemKey, input: ItemInput, txn: ViewTxn): boolean {
    const known = (txn as WireReading).findOrMiss(ITEMS, keyBytes(key));
    if (known?.bytes !== undefined) return false;
    this.put(key, input, txn);
    return true;
  }

  del(key: ItemKey, txn: ViewTxn): boolean {
    const bytes = keyBytes(key);
    if ((txn as WireReading).state(ITEMS, bytes).bytes === undefined) return false;
    (txn as WireTransaction).write(ITEMS, bytes, undefined);
    return true;
  }

  clear(options: RangeOptions<ItemKey>, txn: ViewTxn): number {
    const found = rowsOf(options, txn as WireReading);
    for (const { key } of found) (txn as WireTransaction).write(ITEMS, key, undefined);
    return found.length;
  }

  count(options: RangeOptions<ItemKey>, txn: ViewTxn): number {
    return rowsOf(options, txn as WireReading).length;
  }

  range(options: RangeOptions<ItemKey>, txn: ViewTxn): ReturnType<ItemRows['range']> {
    return sequence(rowsOf(options, txn as WireReading), ({ key }) => itemKeyOf(key), decodeItem);
  }
}

/** What the value of a row of a collection is: what `decodePlain` gives; undefined if the row is absent. */
export function decodeItem(known: Known): unknown {
  if (known.bytes === undefined) return undefined;
  known.decoded ??= itemValue.view(Lease.private(NO_VIEWS, known.bytes, 0), ONLY_VALUE);
  return known.decoded;
}

export function keyBytes(key: ItemKey): Uint8Array {
  return encoded(() => itemKey.write(key as never, writer));
}

/** The key of a row, from its bytes. */
export function itemKeyOf(key: Uint8Array): ItemKeyView {
  return itemKey.view(Lease.private(NO_VIEWS, key, key.length), 0);
}

function rowsOf(options: RangeOptions<ItemKey>, reading: WireReading): Known[] {
  const { gte, lt, reverse = false, offset = 0, limit = Number.POSITIVE_INFINITY } = options;
  const range: KeyRange = { collection: ITEMS, lower: keyBytes(gte as ItemKey), upper: keyBytes(lt as ItemKey) };
  const found = reading.rows(range, reverse, offset + limit);
  return offset === 0 ? found : found.slice(offset);
}

/** Rows as a range of a collection gives them. */
function sequence<K, V>(
  rows: readonly Known[],
  keyOf: (row: Known) => K,
  contentOf: (row: Known) => V,
): Iterable<{ readonly key: K; readonly value: V }> & { keys(): Iterable<K> } {
  return {
    *[Symbol.iterator]() {
      for (const row of rows) yield { key: keyOf(row), value: contentOf(row) };
    },
    keys: () => rows.map(keyOf),
  };
}

/** The bytes that a function appends to the writer. */
/** The bytes that `write` appends to the shared writer. */
export function encoded(write: () => unknown): Uint8Array {
  const start = writer.position;
  try {
    write();
    return copyBytes(writer.bytes, start, writer.position - start);
  } finally {
    writer.position = start;
    writer.trim();
  }
}
