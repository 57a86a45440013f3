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
