import { microtask } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import type { Engine, Tid } from '../versions/engine/engine.ts';

/** Fulfilled once an engine has told a commit; rejected if it ends before. */
export function reached(engine: Engine, tid: Tid): Promise<void> {
  if (engine.processed() >= tid) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = engine.onChange((change) => {
      if (change.tid < tid) return;
      stop();
      stopEnd();
      // `processed()` moves just after this listener returns.
      microtask(resolve);
    });
    const stopEnd = engine.onEnd((error) =>
      reject(error ?? new LeaseholdError('ERR_ENV_CLOSED', 'the store was closed')),
    );
  });
}
