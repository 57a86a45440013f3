import { test as anyTest, type TestAPI } from 'vitest';

/** Whether reads lend memory; not in `npm run test:copy`, where each copies. */
export const lends: boolean = process.env.LEASEHOLD_MEMORY !== 'copy';

/** A test of what is lent, of drains or of expiry: where nothing is lent there is nothing to test. */
export const lendingTest: TestAPI = (lends ? anyTest : anyTest.skip) as TestAPI;

/** The state that a sink or a transaction has where memory is lent, as it is in this run. */
export function expectedState<S extends string>(state: S): S | 'private' | 'ended' {
  if (lends) return state;
  return state === 'draining' ? 'ended' : 'private';
}
