import { LeaseholdError } from '../base/errors.ts';

/** The error for something that cannot be stored. `path` is where it is, `what` it is. */
export function notPersistent(path: string, what: string): LeaseholdError {
  return new LeaseholdError('ERR_NOT_PERSISTENT', `${path} is ${what}`, { path });
}

/** The error for a change where there is no write. */
export function readOnlyState(path: string, what: string): LeaseholdError {
  return new LeaseholdError('ERR_READ_ONLY_STATE', `${path} cannot be changed: ${what}`, { path });
}

export function noObject(id: number): LeaseholdError {
  return new LeaseholdError(
    'ERR_NO_OBJECT',
    `there is no object ${id} any more: it was not reachable from the root, and collect() has deleted it`,
  );
}
