import { expect, test } from 'vitest';
import { runChild } from '../store/child.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { fuzz } from './fuzz.ts';

const long = process.env['MODE'] === 'long';
const cases = [
  { seed: 1, calls: long ? 200_000 : 20_000, workers: 0 },
  { seed: 2, calls: long ? 50_000 : 3000, workers: 3 },
  { seed: 3, calls: long ? 200_000 : 10_000, workers: 0 },
];

test.each(cases)(
  'any call of the addon, $calls in each of 1 + $workers threads (seed $seed), returns or throws an error with a code',
  ({ seed, calls, workers }) => {
    const { status, signal, stderr, told } = runChild(fuzz, { path: temporaryFolder(), seed, calls, workers });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const results = told[0] as { problems: string[]; functions: number; of: number }[];
    expect(results).toHaveLength(1 + workers);
    for (const { problems, functions, of } of results) expect([problems, functions]).toEqual([[], of]);
  },
  120_000,
);
