import { expect, test } from 'vitest';
import { builtLibrary } from '../../support/child.ts';
import { isLong } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import { SEED } from '../random.ts';
import { playTogether } from './participants.ts';

/** In the long form of the test: half a million steps. */
const RUNS = runs(1, 100);
const STEPS = isLong ? 400 : 40;

test(`participants in threads and processes, some of which are killed, see one history (seed ${SEED})`, async () => {
  for (let run = 0; run < RUNS; run++) {
    const tally = await playTogether(builtLibrary(), SEED + run, STEPS).catch((error: Error) => {
      error.message += ` (seed ${SEED + run})`;
      throw error;
    });
    const { copies: _, undone, ...others } = tally;
    expect(undone).toBeGreaterThan(10);
    for (const count of Object.values(others)) expect(count).toBeGreaterThan(STEPS);
  }
}, 7_200_000);
