import { LeaseholdError } from '../../base/errors.ts';
import { idAt } from '../../key/object-id.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import { ONLY_VALUE } from '../../lease/sink.ts';
import type { ReadTransaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { Condemned } from '../garbage/condemned.ts';
import type { StoredClass, StructRecordView } from '../model.ts';
import { rawCollection } from '../raw-collection.ts';
import { decodeField } from '../record/plain.ts';
import { referencesOf } from '../record/record.ts';
import type { Problem } from './problem.ts';
import { classIn } from './record-class.ts';
import { absentOf, idsIn, isSame } from './references.ts';

const NONE: readonly Problem[] = [];

/** Checks the record of each object, and gives what is wrong with it. */
export function* checkObjects(base: Base, txn: ReadTransaction): Generator<readonly Problem[]> {
  const condemned = new Condemned(base, txn);
  for (const { key, value } of rawCollection(base.objects).range({}, txn)) {
    const id = idAt(key.toBuffer(), 0);
    // Its references may be deleted already.
    yield condemned.has(id) ? NONE : checkObject(base, txn, condemned, id, value.toBuffer());
  }
}

function checkObject(
  base: Base,
  txn: ReadTransaction,
  condemned: Condemned,
  id: number,
  record: Uint8Array,
): readonly Problem[] {
  let name: string | undefined;
  const problem = (kind: Problem['kind'], what: string): Problem => ({
    kind,
    id,
    class: name,
    message: `object ${id}${name === undefined ? '' : ` of the class '${name}'`} ${what}`,
  });
  try {
    const references = referencesOf(record);
    const stored = classIn(base, record);
    if (stored === undefined)
      return [problem('class', 'has a class that the store does not know: restore the store from a copy')];
    ({ name } = stored);
    const problems = absentOf(base, txn, condemned, references).map((absent) =>
      problem(
        'dangling',
        `refers to object ${absent}, which is not there: assign something else to the field that refers to it`,
      ),
    );
    if (!isSame(heldBy(stored, record), references)) {
      problems.push(
        problem(
          'references',
          'has fields that refer to other objects than its record says, by which collect() marks: assign these fields again',
        ),
      );
    }
    return problems;
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error;
    return [
      problem(
        'unreadable',
        `cannot be read: ${error.message}. Restore the store from a copy, or delete what refers to this object`,
      ),
    ];
  }
}

/** The objects to which the fields of a record refer: all fields are read. */
function heldBy(stored: StoredClass, record: Uint8Array): number[] {
  const view = stored.codec.view(Lease.private(NO_VIEWS, record, 0), ONLY_VALUE) as unknown as StructRecordView;
  const held: number[] = [];
  for (const { name, kind } of stored.fields) {
    const value = view[name];
    if (value === undefined) continue;
    if (kind === 'reference') held.push(value as number);
    else if (kind === 'plain') held.push(...idsIn(decodeField(value)));
  }
  return held;
}
