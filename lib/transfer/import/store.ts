import { writer } from '../../base/writer.ts';
import { appendBytes, compareBytes } from '../../lease/bytes.ts';
import {
  CHANGE_APPEND,
  CHANGE_PUT,
  CHANGE_PUT_NEW,
  CHANGE_TIME_BYTES,
  RANGE_KEYS_ONLY,
  RANGE_REVERSE,
} from '../../native/constants.ts';
import { answered, native } from '../../native/native.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { nextPrivateKey } from '../../transaction/copied-reads.ts';
import { OpenWrite } from '../../transaction/open-write.ts';
import { apply } from '../../write/apply.ts';
import type { Duplicates } from './duplicates.ts';
import type { Rows } from './rows.ts';

/** Stores rows in one transaction. If they are in order and come after all entries, appends them. `also` runs before the commit. */
export function storeRows(
  collection: OpenCollection,
  rows: Rows,
  duplicates: Duplicates,
  also: (transaction: OpenWrite) => void,
): void {
  collection.environment.checkOpen();
  const transaction = new OpenWrite(collection.environment);
  try {
    putRows(collection, rows, duplicates, transaction);
    also(transaction);
    transaction.commit();
  } finally {
    transaction.abort();
  }
}

function putRows(collection: OpenCollection, rows: Rows, duplicates: Duplicates, transaction: OpenWrite): void {
  if (rows.count === 0) return;
  const last = lastKey(collection, transaction);
  const first = rows.key(0);
  const appends =
    rows.ordered && (last === undefined || compareBytes(first, 0, first.length, last, 0, last.length) > 0);
  const { bytes, places, count } = rows;
  // Where values expire, the time of each row stands before its value. The change has it behind the key.
  const timeBytes = collection.expiry === undefined ? 0 : CHANGE_TIME_BYTES;
  const start = writer.position;
  try {
    for (let row = 0; row < count; row++) {
      const keyAt = places[4 * row] as number;
      const keyLength = places[4 * row + 1] as number;
      // Making a change may write behind the key, to tell the database of the codecs.
      writer.position = start;
      appendBytes(writer, bytes, keyAt, keyLength);
      const valueAt = places[4 * row + 2] as number;
      appendBytes(writer, bytes, valueAt, timeBytes);
      const end = writer.position;
      const length = (places[4 * row + 3] as number) - timeBytes;
      const value = { bytes, offset: valueAt + timeBytes, length };
      const put = (kind: number): number => apply(transaction, collection, kind, value, start, start, end);
      if (put(appends ? CHANGE_APPEND : CHANGE_PUT_NEW) > 0) continue;
      duplicates.add(bytes, keyAt, keyLength);
      if (!duplicates.firstStays && !rows.pairs) put(CHANGE_PUT);
    }
  } finally {
    writer.position = start;
  }
}

/** A copy of the last key; undefined if the collection is empty. */
function lastKey(collection: OpenCollection, transaction: OpenWrite): Uint8Array | undefined {
  const at = writer.position;
  const flags = RANGE_REVERSE | RANGE_KEYS_ONLY;
  const cursor = answered(native.rangeOpen(transaction.handle, collection.id, flags, at, 0, 0, 1, 0));
  const key = nextPrivateKey(cursor);
  native.rangeClose(cursor);
  return key;
}
