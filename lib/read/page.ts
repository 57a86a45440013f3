import { invalidType, invalidValue } from '../base/errors.ts';
import { append } from '../base/primordials.ts';
import { toBytes } from '../lease/sink.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { Bounds } from './bounds.ts';
import type { Entry } from './entry.ts';
import { ENTRIES, type Part, VALUES } from './range-rows.ts';
import type { OpenCollection } from './open-collection.ts';
import { iterate, placeOfEntry } from './range-classes.ts';
import { encodeAlone } from './range-place.ts';

/** One page of a range. */
export interface Page<T> {
  readonly items: T[];
  /** The option `cursor` of the range that has the next page; undefined if there are no further items. */
  readonly cursor: string | undefined;
}

/** See `Range.page`. Reads one entry more than the page has, to find out whether there is a next page. */
export function pageOf<T>(
  collection: OpenCollection,
  bounds: Bounds,
  transaction: OpenTransaction | undefined,
  owner: object | undefined,
  part: Part,
): Page<T> {
  const { limit } = bounds;
  if (limit === 0) throw invalidValue('a page needs a limit of at least 1');
  const items: T[] = [];
  let next: string | undefined;
  const more = bounds.hasLimit ? bounds.withLimit(limit + 1) : bounds;
  for (const entry of iterate<Entry<unknown, unknown>>(collection, more, transaction, owner, ENTRIES)) {
    if (items.length === limit) return { items, cursor: next };
    append(items, (part === VALUES ? entry.value : entry) as T);
    // Read here: at the end of the range, sinks may expire.
    if (items.length === limit) next = cursorAfterEntry(collection, bounds, entry);
  }
  return { items, cursor: undefined };
}

function cursorAfterEntry(collection: OpenCollection, bounds: Bounds, entry: object): string {
  const { lease, at } = placeOfEntry(entry) as NonNullable<ReturnType<typeof placeOfEntry>>;
  return bounds.cursorAfter(toBytes(lease, at, null), toBytes(lease, at + 2, null), collection);
}

/** See `Range.cursorAfter`. */
export function cursorAfterItem(collection: OpenCollection, bounds: Bounds, item: unknown): string {
  if (bounds.key !== undefined) return bounds.cursorAfter(bounds.key, encodeAlone(collection.value, item), collection);
  if (typeof item !== 'object' || item === null || !('key' in item)) {
    throw invalidType('item', 'an entry of the range, or another object with a key and a value', item);
  }
  const { key, value } = item as { key: unknown; value?: unknown };
  const encoded = encodeAlone(collection.key, key);
  return bounds.cursorAfter(encoded, collection.dupSort ? encodeAlone(collection.value, value) : encoded, collection);
}
