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

/** See `OpenWrite.change`. */
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
