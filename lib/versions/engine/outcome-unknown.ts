import { LeaseholdError } from '../../base/errors.ts';

/** `ERR_OUTCOME_UNKNOWN`: a commit was sent, and nobody has said what became of it. */
export function outcomeUnknown(cause: Error): LeaseholdError {
  return new LeaseholdError(
    'ERR_OUTCOME_UNKNOWN',
    `the commit was sent, and its answer was lost: it may have been made, or not. Read what it writes before you repeat it (${cause.message})`,
    { cause },
  );
}
