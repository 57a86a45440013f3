import { test } from 'vitest';
import * as lib from '../../../lib/index.ts';
import { collect, temporaryFolder } from '../../support/fixture.ts';
import { runs } from '../../support/runs.ts';
import { SEED } from '../random.ts';
import { VersionModel } from './version-model.ts';

/** In the long form of the test: a million steps, each with several operations. */
const RUNS = runs(1, 500);
const STEPS = runs(500, 2000);

test(`versions, changes and shared states are what a model says, step by step (seed ${SEED})`, async () => {
  for (let run = 0; run < RUNS; run++) {
    const model = new VersionModel({
      lib,
      path: temporaryFolder(),
      seed: SEED + run,
      newFolder: temporaryFolder,
      collect,
    });
    await model.run(STEPS);
  }
}, 7_200_000);
