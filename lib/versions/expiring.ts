import { invalidValue } from '../base/errors.ts';
import { timeShown } from '../lease/header.ts';
import { CHANGE_PUT, CHANGE_PUT_NEW, NOT_FOUND } from '../native/constants.ts';
import { answered, native } from '../native/native.ts';
import { withKey } from '../read/encoded.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { checkTtl, expiryOf, type PutTime, timeOf } from '../read/put-time.ts';
import type { ChangingTransaction, OpenTransaction } from '../transaction/open-transaction.ts';
import { changeKey } from '../write/change.ts';

/** See `Collection.putUntil`. */
export function putUntil(
  collection: OpenCollection,
  key: unknown,
  value: unknown,
  expires: unknown,
  transaction: ChangingTransaction | undefined,
): void {
  collection.checkExpires('putUntil()');
  changeKey(collection, CHANGE_PUT, key, value, transaction, timeOf(expires));
}

/** See `Collection.expiresAt`. */
export function expiresAt(
  collection: OpenCollection,
  key: unknown,
  transaction: OpenTransaction | undefined,
): number | undefined {
  collection.checkExpires('expiresAt()');
  const time = withKey(collection, key, (offset, length) =>
    collection.reading(transaction, ({ handle }) => answered(native.expiresAt(handle, collection.id, offset, length))),
  );
  return time === NOT_FOUND ? undefined : timeShown(time);
}

/** The time that an operation of a batch gives to its value, by `expires` or by `ttl`. */
export function untilOf(collection: OpenCollection, kind: number, expires: unknown, ttl: unknown): PutTime {
  if (kind !== CHANGE_PUT && kind !== CHANGE_PUT_NEW) {
    throw invalidValue("only an operation 'put' or 'putNew' takes expires or ttl");
  }
  if (expires !== undefined && ttl !== undefined) {
    throw invalidValue('an operation of a batch takes expires or ttl, not both');
  }
  collection.checkExpires(ttl === undefined ? 'expires' : 'ttl');
  if (ttl === undefined) return timeOf(expires);
  checkTtl(ttl);
  return expiryOf(ttl).put;
}
