import { allocateBytes } from '../base/allocate.ts';
import { writer } from '../base/writer.ts';
import { copyBytes } from '../lease/bytes.ts';
import { Lease, NO_VIEWS, type Views } from '../lease/lease.ts';
import { toBytes } from '../lease/sink.ts';
import { CONTROL_KEY_LENGTH, CONTROL_VALUE_LENGTH, NOT_FOUND } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { answered, control, native } from '../native/native.ts';
import type { ValueCoder } from '../value/coder.ts';

/** A lease on a private copy of the entry that native code has just found. */
export function privateLease(views: Views, keyLength: number, valueLength: number): Lease {
  const bytes = allocateBytes(keyLength + valueLength);
  answered(native.takePrivate(bytes));
  return Lease.private(views, bytes, keyLength);
}

/** A private copy of the bytes of a value that a transaction reads, undefined if the key is absent. */
export function getPrivateBytes(
  transaction: Handle,
  id: number,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  const target = writer.position;
  return takePrivateBytes(answered(native.getPrivate(transaction, id, offset, length, target)), target);
}

/** The bytes that `native.getPrivate` has just found, whose answer is `found`, and which it has written to the writer at `target` if there was room. */
export function takePrivateBytes(found: number, target: number): Uint8Array<ArrayBuffer> | undefined {
  if (found === NOT_FOUND) return undefined;
  if (found <= writer.size - target) return copyBytes(writer.bytes, target, found);
  const bytes = allocateBytes(found);
  answered(native.takePrivate(bytes));
  return bytes;
}

/** The same, as the codec's view. */
export function getPrivate<VView>(
  transaction: Handle,
  id: number,
  codec: Pick<ValueCoder<never, VView>, 'view'>,
  offset: number,
  length: number,
): VView | undefined {
  const bytes = getPrivateBytes(transaction, id, offset, length);
  return bytes === undefined ? undefined : codec.view(Lease.private(NO_VIEWS, bytes, 0), 2);
}

/** The next entry of a range as a private lease, undefined at the end. */
export function nextPrivate(cursor: number, views: Views): Lease | undefined {
  const target = writer.position;
  if (answered(native.rangeNextPrivate(cursor, target)) === 0) return undefined;
  const keyLength = control[CONTROL_KEY_LENGTH] as number;
  const length = keyLength + (control[CONTROL_VALUE_LENGTH] as number);
  if (length > writer.size - target) {
    return privateLease(views, keyLength, length - keyLength);
  }
  return Lease.private(views, copyBytes(writer.bytes, target, length), keyLength);
}

/** A copy of a cursor's next key, undefined at the end. */
export function nextPrivateKey(cursor: number): Uint8Array<ArrayBuffer> | undefined {
  const lease = nextPrivate(cursor, NO_VIEWS);
  return lease === undefined ? undefined : toBytes(lease, 0, null);
}
