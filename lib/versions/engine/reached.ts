import { microtask } from '../../base/clock.ts';
import type { Engine, Tid } from './engine.ts';
import { storeClosed } from './store-closed.ts';

/** Fulfilled once an engine has told a commit, or cannot tell it any more; rejected if it ends before. */
export function reached(engine: Engine, tid: Tid): Promise<void> {
  if (engine.processed() >= tid) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const move = (to: Tid): void => {
      if (to < tid) return;
      for (const stop of stops) stop();
      // `processed()` moves just after this listener returns.
      microtask(resolve);
    };
    const stops = [
      engine.onChange((change) => move(change.tid)),
      engine.onGap(move),
      engine.onEnd((error) => reject(error ?? storeClosed())),
    ];
  });
}

/** Waits until an engine has told a commit that was made through it. Gives false if it ends before: the commit is made in either case. */
export async function isTold(engine: Engine, tid: Tid): Promise<boolean> {
  try {
    await reached(engine, tid);
    return true;
  } catch {
    return false;
  }
}

/**
 * Waits until an engine has told a commit after one as of which a commit was refused. What was in the way is on its way here: as of the same commit it would be
 * met again.
 */
export async function caughtUp(engine: Engine, base: Tid): Promise<void> {
  if (engine.processed() === base) await reached(engine, base + 1);
}
