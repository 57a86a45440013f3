import { aborted } from '../base/abort.ts';
import { clearTimeout, setTimeout } from '../base/clock.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';

/*
 * What a transaction waits for before it runs again. After the first conflict it waits for a random time, which grows with each further run: so
 * two processes do not meet again and again. After the second one it also waits for its turn: transactions of one thread that go on meeting conflicts
 * run one after the other, or of a hundred that change one key only one would get on at a time, and the others would run in vain.
 */

/** The random time is less than so many ms at first; each further time less than twice as many, up to the second number. */
const FIRST_WAIT = 4;
const LONGEST_WAIT = 250;
/** A transaction waits for its turn no longer than so many ms: the one before it may wait for something that this one has to do. */
const LONGEST_TURN = 1000;

/** The end of the last turn that was taken. */
const turns = new WeakMap<EnvironmentState, Promise<void>>();

/** To be called before run number `run`, from the second on. Gives what to call at the end of the run. Throws an AbortError. */
export async function beforeRun(
  environment: EnvironmentState,
  run: number,
  signal: AbortSignal | undefined,
): Promise<(() => void) | undefined> {
  await pause(Math.random() * Math.min(FIRST_WAIT * 2 ** (run - 2), LONGEST_WAIT), signal);
  if (run === 2) return undefined;
  const before = weakMapGet(turns, environment);
  let release: (() => void) | undefined;
  const turn = new Promise<void>((resolve) => {
    release = resolve;
  });
  weakMapSet(turns, environment, turn);
  try {
    if (before !== undefined) await pause(LONGEST_TURN, signal, before);
  } catch (error) {
    release?.();
    throw error;
  }
  return release;
}

/** Waits for `time` ms, or until `until` is fulfilled. */
export function pause(time: number, signal: AbortSignal | undefined, until?: Promise<void>): Promise<void> {
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
      resolve();
    };
    const timer = setTimeout(done, time);
    until?.then(done);
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
  });
}
