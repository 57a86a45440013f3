import { LeaseholdError } from '../base/errors.ts';
import { type Foreign, writer } from '../base/writer.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { appendBytes } from '../lease/bytes.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_DELETE, CHANGE_DELETE_VALUE, CHANGE_DROP } from '../native/constants.ts';
import type { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenWrite } from '../transaction/open-write.ts';

/**
 * A change of a collection, encoded and checked. Calls, batches and imports all make changes in this form. The value is in the writer from
 * `valueAt` to `keyAt`, or is `foreign`. The key is in the writer from `keyAt` to `end`. The change is valid until the writer's
 * position is set back.
 */
export interface EncodedChange {
  readonly collection: OpenCollection;
  /** One of the CHANGE_ numbers. */
  readonly kind: number;
  readonly foreign: Foreign | undefined;
  readonly valueAt: number;
  readonly keyAt: number;
  readonly end: number;
}

/**
 * Encodes a change of one key: any kind but CHANGE_CLEAR and CHANGE_DROP. CHANGE_DELETE takes no value. `transaction` is the
 * transaction that will make the change, if it is known; a codec with side data needs it. With
 * `inline` no value is foreign. User code can run meanwhile, and may write too. Throws what the codecs throw, `ERR_KEY_SIZE`,
 * `ERR_VALUE_SIZE`, and `ERR_INVALID_ARG_VALUE` for CHANGE_DELETE_VALUE if each key has one value.
 */
export function encodePair(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  transaction: OpenWrite | undefined,
  inline: boolean,
): EncodedChange {
  if (kind === CHANGE_DELETE_VALUE) collection.checkDupSort('delValue()');
  const valueAt = writer.position;
  let foreign: Foreign | undefined;
  // The value comes first, since native code reads the key behind it.
  if (kind !== CHANGE_DELETE) {
    const coder = transaction === undefined ? collection.value : collection.valueIn(transaction);
    foreign = coder.write(value as never, writer);
    if (inline && foreign !== undefined) {
      appendBytes(writer, foreign.bytes, foreign.offset, foreign.length);
      foreign = undefined;
    }
  }
  const keyAt = writer.position;
  collection.key.write(key as never, writer);
  return encodedPair(collection, kind, foreign, valueAt, keyAt, writer.position);
}

/** The change of a pair that is encoded already. Throws `ERR_KEY_SIZE`, `ERR_VALUE_SIZE`. */
export function encodedPair(
  collection: OpenCollection,
  kind: number,
  foreign: Foreign | undefined,
  valueAt: number,
  keyAt: number,
  end: number,
): EncodedChange {
  const keyLength = end - keyAt;
  if (keyLength === 0 || keyLength > MOST_KEY_BYTES) throw wrongKeySize(collection, keyLength);
  if (collection.dupSort && kind <= CHANGE_APPEND) {
    checkPairValue(collection, foreign === undefined ? keyAt - valueAt : foreign.length);
  }
  return { collection, kind, foreign, valueAt, keyAt, end };
}

/** Encodes the deletion of a range's entries. */
export function encodeClear(collection: OpenCollection, bounds: Bounds): EncodedChange {
  const valueAt = writer.position;
  const keyAt = bounds.writeForClear();
  return { collection, kind: CHANGE_CLEAR, foreign: undefined, valueAt, keyAt, end: writer.position };
}

/** The deletion of the collection itself. */
export function encodeDrop(collection: OpenCollection): EncodedChange {
  const { position } = writer;
  return { collection, kind: CHANGE_DROP, foreign: undefined, valueAt: position, keyAt: position, end: position };
}

function wrongKeySize({ title, environment }: OpenCollection, length: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_KEY_SIZE',
    `a key of ${title} must have from 1 to ${MOST_KEY_BYTES} bytes; this one has ${length}`,
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
