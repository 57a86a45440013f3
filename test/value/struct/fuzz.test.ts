import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

// Most of the time would go into the stacks of errors, which nobody looks at.
Error.stackTraceLimit = 0;

/** `FUZZ_RUNS=10000000 FUZZ_SEED=1 npx vitest run test/value/struct/fuzz.test.ts` reads more records, and other ones. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 60_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_120);

test(`${RUNS} damaged records with lists and structs decode or are ERR_CODEC`, { timeout: 7_200_000 }, () => {
  const { whole, partly, refused } = fuzz(SEED, RUNS);
  console.log(`seed ${SEED}: ${whole} whole, ${partly} in part, ${refused} not at all`);
  expect(Math.min(whole, partly, refused)).toBeGreaterThan(RUNS / 100);
});
