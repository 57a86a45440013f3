import { checkChoice, checkObject, checkOptionNames } from '../base/check-arguments.ts';
import type { OnEnd } from '../transaction/open-options.ts';

export interface ReadOptions {
  /** What happens to the sinks that are alive when the transaction ends. Default: the environment's `onEnd`. */
  onEnd?: OnEnd;
}

/** The `onEnd` of a read transaction. Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` for wrong options. */
export function readOnEnd(options: ReadOptions | undefined, otherwise: OnEnd): OnEnd {
  if (options === undefined) return otherwise;
  checkObject(options, 'options');
  checkOptionNames(options, ['onEnd'], 'read()');
  checkChoice(options.onEnd, 'onEnd', ['copy', 'invalidate']);
  return options.onEnd ?? otherwise;
}
