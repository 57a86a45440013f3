import { LeaseholdError } from '../base/errors.ts';
import { isThenable } from '../transaction/thenable.ts';

/** Whether an answer of the function of a scan ends it. Throws `ERR_ASYNC_CALLBACK` for a promise, since a scan cannot wait for it. */
export function stopsScan(answer: unknown): boolean {
  if (answer === false) return true;
  if (!isThenable(answer)) return false;
  answer.then(undefined, () => {});
  throw new LeaseholdError(
    'ERR_ASYNC_CALLBACK',
    'the function given to scan() must not be async, since its entry is aimed at the next row when it returns: ' +
      'use `for await` over range()',
  );
}
