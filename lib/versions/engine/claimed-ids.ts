import { checkSize } from '../../base/check-arguments.ts';
import { invalidType } from '../../base/errors.ts';
import { lastId, saveLastId } from '../../catalog/catalog.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { inWrite } from '../../transaction/in-write.ts';

const MOST_IDS = 2 ** 32;

/** See `Engine.claimIds`. The database has the greatest id that was given: it is committed before anybody gets one. */
export async function claimIds(environment: EnvironmentState, count: number): Promise<[first: number, last: number]> {
  if (count === undefined) throw invalidType('count', 'a number', count);
  checkSize(count, 'count', 1, MOST_IDS);
  // Not inside of a write transaction of the caller, which may be rolled back.
  await undefined;
  return inWrite(environment, (transaction) => {
    const before = lastId(transaction);
    saveLastId(transaction, before + count);
    return [before + 1, before + count];
  });
}
