import { aborted } from '../base/abort.ts';
import { clearTimeout, setTimeout } from '../base/clock.ts';

/** A transaction waits for a random time before it runs again: less than so many ms at first, and each further time less than twice as many, up to the second number. */
const FIRST_WAIT = 4;
const LONGEST_WAIT = 250;

/** To be called before run number `run`, from the second on. Throws an AbortError. */
export function pauseBeforeRun(run: number, signal: AbortSignal | undefined): Promise<undefined> {
  return pause(Math.random() * Math.min(FIRST_WAIT * 2 ** (run - 2), LONGEST_WAIT), signal);
}

/** Waits for `time` ms, or until `until` is fulfilled. */
export function pause(time: number, signal: AbortSignal | undefined, until?: Promise<void>): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      stop();
      reject(aborted(signal));
    };
    const done = () => {
      stop();
      resolve(undefined);
    };
    const timer = setTimeout(done, time);
    until?.then(done);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
  });
}
