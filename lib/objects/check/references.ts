import type { ReadTransaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import type { Condemned } from '../garbage/condemned.ts';
import { UnsharedPlain } from '../record/plain.ts';

/** Those of the ids that are no object's. */
export function absentOf(base: Base, txn: ReadTransaction, condemned: Condemned, ids: readonly number[]): number[] {
  return ids.filter((id) => condemned.has(id) || !base.objects.has(id, txn));
}

/** The ids of the objects in a decoded plain value. */
export function idsIn(decoded: unknown): readonly number[] {
  return decoded instanceof UnsharedPlain ? decoded.ids : [];
}

/** Whether both lists have the same ids. */
export function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.every((id) => b.includes(id)) && b.every((id) => a.includes(id));
}
