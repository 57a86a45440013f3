import { setTimeout } from '../base/clock.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { sweepOnce } from './sweep.ts';

/** How long a sweeper waits between two looks, in ms: not longer, since other processes may put values that expire sooner. */
const LEAST_WAIT = 1000;
const LONGEST_WAIT = 10_000;

/**
 * Deletes what has expired, a slice at a time, for as long as an environment is open and the thread runs anyway. It is safe, and costs little,
 * if several handles and processes do so at once: what one has deleted, the others do not find.
 */
export function sweepNowAndThen(environment: EnvironmentState, leastWait: number = LEAST_WAIT): void {
  sweepIn(leastWait, new WeakRef(environment), leastWait);
}

/** The reference is weak, since the timer must not keep a forgotten environment alive. */
function sweepIn(ms: number, environment: WeakRef<EnvironmentState>, leastWait: number): void {
  setTimeout(async () => {
    const next = await sweepAll(environment.deref());
    if (next !== undefined) sweepIn(Math.min(Math.max(next, leastWait), LONGEST_WAIT), environment, leastWait);
  }, ms).unref();
}

/** Deletes what is due. Gives in how many ms there is more to do; undefined if the environment is closed. */
async function sweepAll(environment: EnvironmentState | undefined): Promise<number | undefined> {
  let next = 0;
  try {
    while (next === 0 && environment?.isOpen === true) next = await sweepOnce(environment);
  } catch {
    // The disk may be full, say. Nobody has asked for this sweep, so there is nobody to tell; env.sweep() tells.
    next = LONGEST_WAIT;
  }
  return environment?.isOpen === true ? next : undefined;
}
