import { LeaseholdError } from '../base/errors.ts';
import { type Foreign, writer } from '../base/writer.ts';
import { MOST_ANY_KEY_BYTES, MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { appendBytes } from '../lease/bytes.ts';
import {
  CHANGE_APPEND,
  CHANGE_DELETE,
  CHANGE_DELETE_VALUE,
  CHANGE_PUT,
  CHANGE_PUT_IF,
  CHANGE_VERSION_BYTES,
} from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';

/**
 * Encodes the value of a change of one key. CHANGE_DELETE has none. `encodeKey` must follow: native code reads the key behind
 * the value. `transaction` is the transaction that will make the change, if it is known; a codec with side data needs it. User
 * code can run meanwhile, and may write too. Throws what the codec throws, and `ERR_INVALID_ARG_VALUE` for CHANGE_DELETE_VALUE if
 * each key has one value.
 */
export function encodeValue(
  collection: OpenCollection,
  kind: number,
  value: unknown,
  transaction: ChangingTransaction | undefined,
): Foreign | undefined {
  if (kind === CHANGE_DELETE) return undefined;
  if (kind === CHANGE_DELETE_VALUE) collection.checkDupSort('delValue()');
  // An optimistic transaction cannot change side data, which have no versions.
  const coder = transaction?.writes === true ? collection.valueIn(transaction) : collection.value;
  return coder.write(value as never, writer);
}

/**
 * Encodes the key of a change of one key, and returns where it begins. User code can run meanwhile. Throws what the codec
 * throws, and what `checkSizes` throws.
 */
export function encodeKey(collection: OpenCollection, kind: number, key: unknown, valueLength: number): number {
  const keyAt = writer.position;
  collection.key.write(key as never, writer);
  checkSizes(collection, kind, valueLength, writer.position - keyAt);
  return keyAt;
}

/**
 * Encodes a change of one key, its value always in the writer, and returns where the key begins. Throws what `encodeValue` and `encodeKey` throw.
 */
export function encodePair(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  transaction?: ChangingTransaction,
): number {
  const valueAt = writer.position;
  const foreign = encodeValue(collection, kind, value, transaction);
  if (foreign !== undefined) appendBytes(writer, foreign.bytes, foreign.offset, foreign.length);
  return encodeKey(collection, kind, key, writer.position - valueAt);
}

/**
 * Encodes a CHANGE_PUT_IF or CHANGE_DELETE_IF, and returns where the key begins: the version stands before the value. See `encodePair`.
 */
export function encodePairIf(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  version: number,
  transaction: ChangingTransaction | undefined,
): number {
  writeVersion(version);
  return encodePair(collection, kind === CHANGE_PUT_IF ? CHANGE_PUT : CHANGE_DELETE, key, value, transaction);
}

/** Appends the version of a conditional change to the writer. */
export function writeVersion(version: number): void {
  const at = writer.position;
  writer.reserve(CHANGE_VERSION_BYTES);
  const { bytes } = writer;
  for (let i = at + CHANGE_VERSION_BYTES - 1, rest = version; i >= at; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  writer.position = at + CHANGE_VERSION_BYTES;
}

/** Throws `ERR_KEY_SIZE` or `ERR_VALUE_SIZE` if a key or a value of that many bytes cannot be stored. */
export function checkSizes(collection: OpenCollection, kind: number, valueLength: number, keyLength: number): void {
  if (keyLength === 0 || keyLength > MOST_KEY_BYTES) checkUnusualKeySize(collection, keyLength);
  if (collection.dupSort && kind <= CHANGE_APPEND) checkPairValue(collection, valueLength);
}

/** Throws `ERR_KEY_SIZE` for a size that LMDB does not take, unless the collection has keys: 'any' and it is not too large for it. */
function checkUnusualKeySize({ title, environment, anyKeys }: OpenCollection, length: number): void {
  if (anyKeys && length <= MOST_ANY_KEY_BYTES) return;
  const sizes = anyKeys ? `at most ${MOST_ANY_KEY_BYTES}` : `from 1 to ${MOST_KEY_BYTES}`;
  const hint = anyKeys ? '' : ". A collection made with `keys: 'any'` takes others";
  throw new LeaseholdError(
    'ERR_KEY_SIZE',
    `a key of ${title} must have ${sizes} bytes; this one has ${length}${hint}`,
    { path: environment.path },
  );
}

/** Throws `ERR_VALUE_SIZE` if a value of that length cannot be one of a key's several values. */
function checkPairValue({ title, environment }: OpenCollection, length: number): void {
  if (length > 0 && length <= MOST_KEY_BYTES) return;
  throw new LeaseholdError(
    'ERR_VALUE_SIZE',
    `with several values a key, a value of ${title} must have from 1 to ${MOST_KEY_BYTES} bytes; this one has ${length}`,
    { path: environment.path },
  );
}
