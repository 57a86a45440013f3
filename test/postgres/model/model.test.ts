import { describe, expect, test } from 'vitest';
import { RecentChanges } from '../../../lib/versions/engine/recent-changes.ts';
import { runs } from '../../support/runs.ts';
import { SEED } from '../../versions/random.ts';
import type { Broken } from './fake-server.ts';
import { runModel } from './run.ts';

/** The engine on servers whose answers are late, come in any order between connections, or are lost, before or after the statement was executed. */

const SEEDS = runs(15, 3000);
const STEPS = 12;

test.each([false, true])(
  `what is read and committed is true, with a fail-over: %s (seed ${SEED})`,
  async (failsOver) => {
    let compared = 0;
    for (let i = 0; i < SEEDS; i++) {
      const seed = SEED + i;
      try {
        compared += await runModel({ seed, steps: STEPS, failsOver });
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
    expect(compared).toBeGreaterThan(SEEDS * STEPS);
  },
);

/** Tries seeds until one finds a fault. Gives how many that took. */
async function untilFound(broken: Broken, failsOver: boolean): Promise<number> {
  for (let i = 1; i <= 300; i++) {
    try {
      await runModel({ seed: SEED + i, steps: STEPS, failsOver, broken });
    } catch {
      return i;
    }
  }
  return Number.POSITIVE_INFINITY;
}

describe('each rule, when it is broken, is found', () => {
  test.each<[string, Broken, boolean]>([
    ['an answer is believed only from a server with the same history', { trustsNonce: true }, true],
    ['a server that is behind is not believed', { hidesLag: true, trustsNonce: true }, false],
    ['a server that has thrown states away is not believed', { hidesTrimming: true }, false],
    ['a commit that was sent twice is made once', { forgetsIds: true }, false],
    ['what was told is asked of each server', { hidesHistory: true, trustsNonce: true }, true],
    ['a commit whose answer was lost may have been made', { forgetsIds: true, liesAboutLosses: true }, false],
    ['what was read is compared', { ignoresReads: true }, false],
    ['a commit in a turn is made when the transaction of the turn has ended', { answersEarly: true }, false],
  ])('%s', async (_, broken, failsOver) => {
    expect(await untilFound(broken, failsOver)).toBeLessThanOrEqual(300);
  });

  test('a state ends where it was changed', async () => {
    const { firstAfter } = RecentChanges.prototype;
    RecentChanges.prototype.firstAfter = () => undefined;
    try {
      expect(await untilFound({}, false)).toBeLessThanOrEqual(300);
    } finally {
      RecentChanges.prototype.firstAfter = firstAfter;
    }
  });
});
