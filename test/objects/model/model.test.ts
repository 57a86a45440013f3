import { test } from 'vitest';
import { collect, temporaryFolder } from '../../support/fixture.ts';
import { runs } from '../../support/runs.ts';
import { SEED } from '../../versions/random.ts';
import { sources } from './library.ts';
import { ObjectModel } from './object-model.ts';

/** In the long form of the test: a million steps, each with several operations. */
const RUNS = runs(1, 500);
const STEPS = runs(300, 2000);

test(`objects, collections and transactions are what a model says, step by step (seed ${SEED})`, async () => {
  const library = await sources();
  for (let run = 0; run < RUNS; run++) {
    const model = new ObjectModel({ library, path: temporaryFolder(), seed: SEED + run, collect });
    await model.run(STEPS);
  }
}, 7_200_000);
