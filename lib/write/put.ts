import { type Foreign, writer } from '../base/writer.ts';
import {
  CONTROL_COLLECTION,
  CONTROL_KEY_LENGTH,
  CONTROL_KIND,
  CONTROL_OFFSET,
  CONTROL_TRANSACTION,
  CONTROL_VALUE_LENGTH,
} from '../native/constants.ts';
import { answered, control, native } from '../native/native.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite } from '../transaction/in-write.ts';
import { OpenWrite } from '../transaction/open-write.ts';

/**
 * Stores a pair in a write transaction, or in one of its own: `native.put` says what kinds there are and what it gives.
 * User code can run while the value or the key is encoded, and write as well.
 */
export function put(
  collection: OpenCollection,
  key: unknown,
  value: unknown,
  transaction: OpenWrite | undefined,
  kind: number,
): boolean {
  if (transaction === undefined && collection.keeps) {
    return inWrite(collection.environment, (own) => put(collection, key, value, own, kind));
  }
  const coder = transaction === undefined ? collection.value : collection.valueIn(transaction);
  const start = writer.position;
  try {
    const foreign = coder.write(value as never, writer);
    const keyAt = writer.position;
    collection.key.write(key as never, writer);
    const end = writer.position;
    if (transaction !== undefined) return store(transaction, collection, foreign, start, keyAt, end, kind);
    const own = new OpenWrite(collection.environment);
    try {
      const inserted = store(own, collection, foreign, start, keyAt, end, kind);
      own.commit();
      return inserted;
    } finally {
      own.open = false;
      own.abort();
    }
  } finally {
    writer.position = start;
    writer.trim();
  }
}

/** The value is what stands in the writer from `start` to `keyAt`, unless it is Foreign; the key goes on to `end`. */
function store(
  transaction: OpenWrite,
  collection: OpenCollection,
  foreign: Foreign | undefined,
  start: number,
  keyAt: number,
  end: number,
  kind: number,
): boolean {
  const { handle } = transaction;
  const { id } = collection;
  collection.tellCodecs(transaction);
  if (foreign !== undefined) {
    return native.put(handle, id, keyAt, end - keyAt, foreign.bytes, foreign.offset, foreign.length, kind);
  }
  control[CONTROL_TRANSACTION] = handle;
  control[CONTROL_COLLECTION] = id;
  control[CONTROL_OFFSET] = start;
  control[CONTROL_VALUE_LENGTH] = keyAt - start;
  control[CONTROL_KEY_LENGTH] = end - keyAt;
  control[CONTROL_KIND] = kind;
  return answered(native.putWritten());
}
