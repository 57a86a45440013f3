import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { builtLibrary } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { runs } from '../../support/runs.ts';
import { SEED } from '../../versions/random.ts';
import { sources } from '../model/library.ts';
import { program, secondCopy } from './classes.ts';
import { ProgramModel } from './program-model.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** In the long form of the test: a million steps. */
const RUNS = runs(1, 500);
const STEPS = runs(300, 2000);

test(`programs of two versions do with a store what they do with plain objects (seed ${SEED})`, async () => {
  const recent = program(await sources(), 'new');
  const old = program(await secondCopy(root, join(builtLibrary('files'), 'dist')), 'old');
  for (let run = 0; run < RUNS; run++) {
    const model = new ProgramModel({
      programs: [recent, old],
      path: temporaryFolder(),
      seed: SEED + run,
      checkEvery: runs(30, 100),
    });
    await model.run(STEPS);
  }
}, 7_200_000);
