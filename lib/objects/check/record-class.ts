import { LeaseholdError } from '../../base/errors.ts';
import { ID_BYTES, putId } from '../../key/object-id.ts';
import type { ReadTransaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import type { StoredClass } from '../model.ts';
import { rawCollection } from '../raw-collection.ts';
import { classNumberOf, referencesOf } from '../record/record.ts';

/** The class of a record; undefined if the store does not know it. `ERR_CODEC` if the record is damaged. */
export function classIn(base: Base, record: Uint8Array): StoredClass | undefined {
  const id = classNumberOf(record, referencesOf(record).length);
  return base.classes.has(id) ? base.classes.byId(id) : undefined;
}

/** The name of the class of an object; undefined if there is no such object, or if its record is damaged. */
export function classNameOf(base: Base, txn: ReadTransaction, id: number): string | undefined {
  const key = new Uint8Array(ID_BYTES);
  putId(key, 0, id);
  const record = rawCollection(base.objects).get(key, txn)?.toBuffer();
  try {
    return record === undefined ? undefined : classIn(base, record)?.name;
  } catch (error) {
    if (error instanceof LeaseholdError) return undefined;
    throw error;
  }
}
