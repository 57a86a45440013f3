import { expect, test } from 'vitest';
import { Eviction } from '../../lib/cache/eviction.ts';
import { bytes, open } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

/** What a state takes beside its key, here. */
const LENGTH = 100;

test('states leave in the order in which they came, in whatever transactions they came and leave', () => {
  const env = open(temporaryFolder());
  const left: string[] = [];
  const table = env.collection('c.queue', { key: bytes, value: bytes });
  const eviction = new Eviction(table as never, 100 * 2 ** 10, (at) => left.push(Buffer.from(at).toString()));
  const came: string[] = [];
  const come = (count: number, end: () => void = () => {}): void =>
    env.write(() => {
      eviction.begin();
      for (let i = 0; i < count; i++) {
        came.push(`state ${came.length} of ${'some '.repeat(came.length % 7)}`);
        expect(eviction.admit(Buffer.from(came.at(-1) as string), LENGTH)).toBe(true);
      }
      end();
      eviction.end();
    });
  // Some transactions let a part of a record leave, some more than there was before them.
  for (const count of [1, 400, 3, 200, 1, 1, 90, 1500, 7, 1, 0, 30]) {
    come(count);
    if (count !== 90) continue;
    const before = { came: came.length, left: left.length };
    const roll = (): void => {
      throw new Error('rolled back');
    };
    expect(() => come(50, roll)).toThrow('rolled back');
    came.length = before.came;
    left.length = before.left;
  }
  expect(left.length).toBeGreaterThan(1000);
  expect(left).toEqual(came.slice(0, left.length));
  // States share records.
  expect(table.count()).toBeLessThan((came.length - left.length) / 5);
  env.close();
});
