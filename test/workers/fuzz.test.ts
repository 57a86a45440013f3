import { expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { fuzz } from './fuzz.ts';

const cases = [
  { seed: 1, calls: isLong ? 200_000 : 20_000, workers: 0 },
  { seed: 2, calls: isLong ? 50_000 : 3000, workers: 3 },
  { seed: 3, calls: isLong ? 200_000 : 10_000, workers: 0 },
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

test('a child transaction of another handle, rolled back with its parent, has ended', () => {
  const program = `
    const [outer, inner] = [open(args.path), open(args.path)];
    const items = inner.collection('items', { key: uint32, value: bytes });
    const results = [];
    const code = codeOf(() => outer.write(() => inner.write((txn) => {
      outer.close();
      results.push(codeOf(() => txn.id), codeOf(() => items.get(1, txn)), codeOf(() => items.put(1, Buffer.of(1), txn)));
    })));
    inner.write(() => items.put(2, Buffer.of(2)));
    tell([code, ...results, items.count()]);`;
  const { status, signal, told } = runChild(program, { path: temporaryFolder() });
  expect({ status, signal, told: told[0] }).toEqual({
    status: 0,
    signal: null,
    told: ['ERR_TXN_ENDED', 'ERR_TXN_ENDED', 'ERR_TXN_ENDED', 'ERR_TXN_ENDED', 1],
  });
});
