import { checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_DELETE_IF, CHANGE_PUT_IF } from '../native/constants.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import { inWrite } from '../transaction/in-write.ts';
import type { ChangingTransaction } from '../transaction/open-transaction.ts';
import { apply } from '../write/apply.ts';
import { addTime } from '../write/change.ts';
import { encodePairIf } from '../write/encode.ts';
import { inOwnWrite } from '../write/in-own-write.ts';

/** Stores a value if the key has that version. See `Collection.putIf`. */
export function putIf(
  collection: OpenCollection,
  key: unknown,
  value: unknown,
  version: unknown,
  transaction: ChangingTransaction | undefined,
): boolean {
  return changeIf(collection, CHANGE_PUT_IF, key, value, version, transaction);
}

/** Deletes a key if it has that version. See `Collection.delIf`. */
export function deleteIf(
  collection: OpenCollection,
  key: unknown,
  version: unknown,
  transaction: ChangingTransaction | undefined,
): boolean {
  return changeIf(collection, CHANGE_DELETE_IF, key, undefined, version, transaction);
}

function changeIf(
  collection: OpenCollection,
  kind: number,
  key: unknown,
  value: unknown,
  version: unknown,
  transaction: ChangingTransaction | undefined,
): boolean {
  collection.checkVersions(kind === CHANGE_PUT_IF ? 'putIf()' : 'delIf()');
  if (version === undefined) throw invalidType('version', 'the number that version() gave', version);
  checkVersion(version, 'version');
  if (transaction === undefined && collection.hasSideData) {
    return inWrite(collection.environment, (own) => changeIf(collection, kind, key, value, version, own));
  }
  const valueAt = writer.position;
  try {
    const keyAt = encodePairIf(collection, kind, key, value, version, transaction);
    addTime(collection, kind, undefined);
    const end = writer.position;
    return inOwnWrite(
      collection.environment,
      transaction,
      (own) => apply(own, collection, kind, undefined, valueAt, keyAt, end) > 0,
    );
  } finally {
    writer.position = valueAt;
    writer.trim();
  }
}

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` unless a value can be a version; `name` is what errors call it. */
export function checkVersion(version: unknown, name: string): asserts version is number {
  checkSize(version, name, 0, Number.MAX_SAFE_INTEGER);
}
