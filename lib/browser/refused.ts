import { LeaseholdError } from '../base/errors.ts';

/** An `ERR_NOT_IN_BROWSER`: what a browser has not. */
export function notInBrowser(what: string): LeaseholdError {
  return new LeaseholdError('ERR_NOT_IN_BROWSER', `a browser has no ${what}`);
}
