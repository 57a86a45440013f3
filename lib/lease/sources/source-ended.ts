import { LeaseholdError } from '../../base/errors.ts';

/** What asking a source for more throws after its end. */
export function sourceEnded(): LeaseholdError {
  return new LeaseholdError(
    'ERR_LEASE_EXPIRED',
    'the source has ended, and lends no more: read what it lent before, or make another one',
  );
}
