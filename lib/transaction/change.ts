import { typedArrayLength, typedArraySet } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import {
  CHANGE_RANGE_BYTES,
  CONTROL_COLLECTION,
  CONTROL_KEY_LENGTH,
  CONTROL_KIND,
  CONTROL_OFFSET,
  CONTROL_TRANSACTION,
  CONTROL_VALUE_LENGTH,
} from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, control, native } from '../native/native.ts';
import { writeU32 } from '../value/struct/record.ts';
import type { OpenWrite } from './open-write.ts';

// The calls of native code that change a collection. All changes except those of batches are made here.

/**
 * Makes a change in a write transaction. Its value is in the writer from `valueAt` to `keyAt`, its key from `keyAt` to `end`.
 * Returns what `native.change` returns.
 */
export function changeWritten(
  transaction: OpenWrite,
  id: CollectionId,
  kind: number,
  valueAt: number,
  keyAt: number,
  end: number,
): number {
  control[CONTROL_TRANSACTION] = transaction.handle;
  control[CONTROL_COLLECTION] = id;
  control[CONTROL_OFFSET] = valueAt;
  control[CONTROL_VALUE_LENGTH] = keyAt - valueAt;
  control[CONTROL_KEY_LENGTH] = end - keyAt;
  control[CONTROL_KIND] = kind;
  return answered(native.changeWritten());
}

/** The same for a value that is in `bytes`. The key is in the writer. */
export function changeFrom(
  { handle }: OpenWrite,
  id: CollectionId,
  kind: number,
  bytes: Uint8Array,
  valueAt: number,
  valueLength: number,
  keyAt: number,
  end: number,
): number {
  return native.change(handle, id, keyAt, end - keyAt, bytes, valueAt, valueLength, kind);
}

/**
 * Appends the value and the key of a CHANGE_CLEAR to the writer. The value is the flags of the range, its limit and its lower bound; the
 * key is its upper bound. Returns where the key begins.
 */
export function writeRange(
  flags: number,
  limit: number,
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
): number {
  const lowerLength = lower === undefined ? 0 : typedArrayLength(lower);
  const upperLength = upper === undefined ? 0 : typedArrayLength(upper);
  const at = writer.position;
  writer.reserve(CHANGE_RANGE_BYTES + lowerLength + upperLength);
  const { bytes } = writer;
  writeU32(bytes, at, flags);
  writeU32(bytes, at + 4, limit % 2 ** 32);
  writeU32(bytes, at + 8, (limit - (limit % 2 ** 32)) / 2 ** 32);
  const lowerAt = at + CHANGE_RANGE_BYTES;
  const keyAt = lowerAt + lowerLength;
  if (lower !== undefined) typedArraySet(bytes, lower, lowerAt);
  if (upper !== undefined) typedArraySet(bytes, upper, keyAt);
  writer.position = keyAt + upperLength;
  return keyAt;
}
