import {
  CONTROL_COLLECTION,
  CONTROL_KEY_LENGTH,
  CONTROL_KIND,
  CONTROL_OFFSET,
  CONTROL_TRANSACTION,
  CONTROL_VALUE_LENGTH,
} from '../native/constants.ts';
import type { CollectionId, Handle } from '../native/handles.ts';
import { answered, control, native } from '../native/native.ts';

/**
 * Makes a change in a transaction that writes. Its value is in the writer from `valueAt` to `keyAt`, its key from `keyAt` to `end`. Returns what
 * `native.change` returns. All changes but those of batches are made by this and by `changeFrom`.
 */
export function changeWritten(
  transaction: Handle,
  id: CollectionId,
  kind: number,
  valueAt: number,
  keyAt: number,
  end: number,
): number {
  control[CONTROL_TRANSACTION] = transaction;
  control[CONTROL_COLLECTION] = id;
  control[CONTROL_OFFSET] = valueAt;
  control[CONTROL_VALUE_LENGTH] = keyAt - valueAt;
  control[CONTROL_KEY_LENGTH] = end - keyAt;
  control[CONTROL_KIND] = kind;
  return answered(native.changeWritten());
}

/** The same for a value that is in `bytes`. The key is in the writer. */
export function changeFrom(
  transaction: Handle,
  id: CollectionId,
  kind: number,
  bytes: Uint8Array,
  valueAt: number,
  valueLength: number,
  keyAt: number,
  end: number,
): number {
  return native.change(transaction, id, keyAt, end - keyAt, bytes, valueAt, valueLength, kind);
}
