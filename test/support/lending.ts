import { test as anyTest, type TestAPI } from 'vitest';

/** Whether reads lend memory. In `npm run test:copy` they copy. */
export const lends: boolean = process.env.LEASEHOLD_MEMORY !== 'copy';

/** A test about lent memory, drains or expiry. It is skipped if reads do not lend. */
export const lendingTest: TestAPI = (lends ? anyTest : anyTest.skip) as TestAPI;

/** The state that a sink or a transaction has in this run, if it has `state` where reads lend. */
export function expectedState<S extends string>(state: S): S | 'private' | 'ended' {
  if (lends) return state;
  return state === 'draining' ? 'ended' : 'private';
}
