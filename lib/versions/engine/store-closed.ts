import { LeaseholdError } from '../../base/errors.ts';

/** `ERR_ENV_CLOSED` */
export function storeClosed(): LeaseholdError {
  return new LeaseholdError('ERR_ENV_CLOSED', 'the store was closed: open it again with connect()');
}
