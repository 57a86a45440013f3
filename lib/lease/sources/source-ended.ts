import { LeaseholdError } from '../../base/errors.ts';

/** The error of a call that asks an ended source to lend. */
export function sourceEnded(): LeaseholdError {
  return new LeaseholdError(
    'ERR_LEASE_EXPIRED',
    'the source has ended, and lends no more: read what it lent before, or make another one',
  );
}
