import { invalidType, LeaseholdError } from './errors.ts';

/** The error to throw when a signal has been aborted: an AbortError with code `ABORT_ERR`, whose cause is the signal's reason. */
export function aborted(signal: AbortSignal | undefined): LeaseholdError {
  const error = new LeaseholdError('ABORT_ERR', 'the operation was aborted', { cause: signal?.reason });
  Object.defineProperty(error, 'name', { value: 'AbortError', configurable: true });
  return error;
}

export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  if (typeof signal === 'object' && signal !== null) {
    const { aborted, addEventListener, removeEventListener } = signal as Partial<AbortSignal>;
    const listens = typeof addEventListener === 'function' && typeof removeEventListener === 'function';
    if (listens && typeof aborted === 'boolean') return;
  }
  throw invalidType('signal', 'an AbortSignal', signal);
}

/** Waits for a value; rejected with an AbortError if a signal is aborted before. */
export async function orAborted<T>(value: T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return value;
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(aborted(signal));
    signal.addEventListener('abort', stop, { once: true });
    // A signal that is aborted already tells nobody.
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([value, stopped]);
  } finally {
    signal.removeEventListener('abort', stop as () => void);
  }
}
