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
import type { CollectionCore } from '../read/collection-core.ts';
import { inWrite } from '../transaction/in-write.ts';
import { WriteScope } from '../transaction/open-write.ts';

/**
 * Stores a pair in a write transaction, or in one of its own: `native.put` says what kinds there are and what it gives.
 * User code can run while the value or the key is encoded, and write as well.
 */
export function put(
  collection: CollectionCore,
  key: unknown,
  value: unknown,
  scope: WriteScope | undefined,
  kind: number,
): boolean {
  if (scope === undefined && collection.keeps) {
    return inWrite(collection.core, (own) => put(collection, key, value, own, kind));
  }
  const coder = scope === undefined ? collection.value : collection.valueIn(scope);
  const start = writer.position;
  try {
    const foreign = coder.write(value as never, writer);
    const keyAt = writer.position;
    collection.key.write(key as never, writer);
    const end = writer.position;
    if (scope !== undefined) return store(scope, collection, foreign, start, keyAt, end, kind);
    const own = new WriteScope(collection.core);
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
  scope: WriteScope,
  collection: CollectionCore,
  foreign: Foreign | undefined,
  start: number,
  keyAt: number,
  end: number,
  kind: number,
): boolean {
  const { handle } = scope;
  const { id } = collection;
  collection.tellCodecs(scope);
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
