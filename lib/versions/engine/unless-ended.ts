import { orAborted } from '../../base/abort.ts';
import { storeClosed } from './store-closed.ts';

/** Calls a function when something ends, with the reason if it was not on purpose. Gives a function that takes that back. Throws if it has ended. */
type OnEnd = (fn: (error: Error | undefined) => void) => () => void;

/**
 * Waits for what a function of the program gives, which may never be settled. Rejected with `ERR_ENV_CLOSED`, or with the reason, if the store ends before;
 * with an AbortError if a signal is aborted before.
 */
export async function unlessEnded<T>(
  onEnd: OnEnd,
  value: T | PromiseLike<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let stop: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    stop = onEnd((error) => reject(error ?? storeClosed()));
  });
  try {
    return await Promise.race([orAborted(value, signal), ended]);
  } finally {
    stop?.();
  }
}
