import { writer } from '../base/writer.ts';
import { CHANGE_APPEND, CHANGE_CLEAR, CHANGE_DELETE, CHANGE_DROP, CHANGE_PUT_IF } from '../native/constants.ts';
import type { Bounds } from '../read/bounds.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { appendTime, type PutTime } from '../read/put-time.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { apply } from './apply.ts';
import { encodeKey, encodeValue } from './encode.ts';
import { inOwnWrite } from './in-own-write.ts';

/**
 * Changes one key, in the given transaction or else in a new one. `kind` is one of the CHANGE_ numbers, but for CHANGE_CLEAR and
 * CHANGE_DROP. `time` is for a put into a collection whose values expire; if it is not given, the value gets the collection's default. Returns
 * what `apply` returns. Throws what `encodeValue` and `encodeKey` throw.
 */
export function changeKey(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  transaction: ChangingTransaction | undefined,
  time?: PutTime,
): number {
  if (transaction === undefined) return changeKeyAlone(collection, kind, key, value, time);
  const valueAt = writer.position;
  try {
    const foreign = encodeValue(collection, kind, value, transaction);
    const keyAt = encodeKey(collection, kind, key, foreign?.length ?? writer.position - valueAt);
    if (collection.expiry !== undefined) addTime(collection, kind, time);
    return apply(transaction, collection, kind, foreign, valueAt, keyAt, writer.position);
  } finally {
    writer.position = valueAt;
    writer.trim();
  }
}

/** The same in a new transaction. A function of its own: every call of a function with closures allocates memory for them. */
function changeKeyAlone(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  time: PutTime | undefined,
): number {
  const { environment } = collection;
  if (collection.hasSideData && kind !== CHANGE_DELETE) {
    return inWrite(environment, (own) => changeKey(collection, kind, key, value, own, time));
  }
  const valueAt = writer.position;
  try {
    const foreign = encodeValue(collection, kind, value, undefined);
    const keyAt = encodeKey(collection, kind, key, foreign?.length ?? writer.position - valueAt);
    if (collection.expiry !== undefined) addTime(collection, kind, time);
    const end = writer.position;
    return inOwnWrite(environment, undefined, (own) => apply(own, collection, kind, foreign, valueAt, keyAt, end));
  } finally {
    writer.position = valueAt;
    writer.trim();
  }
}

/** Appends the time of a put behind its key, where values expire. */
export function addTime({ expiry }: OpenCollection, kind: number, time: PutTime | undefined): void {
  if (expiry !== undefined && (kind <= CHANGE_APPEND || kind === CHANGE_PUT_IF)) appendTime(time ?? expiry.put);
}

/** Deletes the entries of a range, and returns how many. */
export function clear(
  collection: OpenCollection,
  bounds: Bounds,
  transaction: ChangingTransaction | undefined,
): number {
  const valueAt = writer.position;
  try {
    const keyAt = bounds.writeForClear();
    const end = writer.position;
    return inOwnWrite(collection.environment, transaction, (own) =>
      apply(own, collection, CHANGE_CLEAR, undefined, valueAt, keyAt, end),
    );
  } finally {
    writer.position = valueAt;
    writer.trim();
  }
}

/** Deletes a collection, and what is remembered of it. */
export function drop(collection: OpenCollection, transaction: ChangingTransaction | undefined): void {
  const at = writer.position;
  inOwnWrite(collection.environment, transaction, (own) => apply(own, collection, CHANGE_DROP, undefined, at, at, at));
}
