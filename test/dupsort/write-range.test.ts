import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uint32, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { compare, type Pair, Pairs } from './oracle.ts';

type Action = readonly ['put' | 'delValue' | 'del', Pair];

const pair: fc.Arbitrary<Pair> = fc.tuple(
  fc.constantFrom('a', 'b', 'c'),
  // The second half is so long that LMDB puts the values of a key on separate pages.
  fc.nat(80).map((i) => (i < 40 ? `${i}` : `${i}`.padEnd(100, '.'))),
);
const action: fc.Arbitrary<Action> = fc.tuple(
  fc.constantFrom<Action[0][]>('put', 'put', 'delValue', 'delValue', 'del'),
  pair,
);

/** What a range must give that searches for its place again at each step: the pair that then follows the last one. */
function following(model: Pairs, last: Pair | undefined, reverse: boolean): Pair | undefined {
  const pairs = reverse ? [...model.all].reverse() : model.all;
  return pairs.find((other) => last === undefined || (reverse ? compare(other, last) < 0 : compare(other, last) > 0));
}

test('a range in a write transaction goes by pairs: what is put and deleted meanwhile makes it neither skip nor repeat', () => {
  const { env, items } = collectionOf({ key: utf8, value: utf8, dupSort: true }, { mapSize: 2 ** 28 });
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 100, size: 'max' }),
      fc.array(fc.array(action, { maxLength: 3 }), { maxLength: 150, size: 'max' }),
      fc.boolean(),
      fc.boolean(),
      (first, actions, reverse, scans) => {
        items.clear();
        const model = new Pairs();
        for (const one of first) model.add(one);
        env.write(() => {
          for (const [key, value] of first) items.put(key, value);
          let last: Pair | undefined;
          let steps = 0;
          const step = (entry: { key: string; value: string }): boolean => {
            const found: Pair = [entry.key, entry.value];
            deepStrictEqual(found, following(model, last, reverse));
            last = found;
            for (const [name, [key, value]] of actions[steps] ?? []) {
              // At every other step, change the pair that the range stands on.
              const target: Pair = steps % 2 === 0 ? [key, value] : found;
              if (name === 'del') items.del(target[0]);
              else items[name](...target);
              if (name === 'put') model.add(target);
              else model.remove((other) => other[0] === target[0] && (name === 'del' || other[1] === target[1]));
            }
            return ++steps < actions.length;
          };
          let wantsMore = true;
          if (scans) {
            items.scan({ reverse }, (entry) => {
              wantsMore = step(entry);
              return wantsMore;
            });
          } else {
            for (const entry of items.range({ reverse })) {
              wantsMore = step(entry);
              if (!wantsMore) break;
            }
          }
          if (wantsMore) expect(following(model, last, reverse)).toBeUndefined();
          expect(
            items
              .range()
              .toArray()
              .map(({ key, value }) => [key, value]),
          ).toEqual(model.all);
        });
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([false, true])(
  'keys() in a write transaction gives the key of each pair once, however seldom something is written (reverse: %s)',
  (reverse) => {
    const { env, items } = collectionOf({ key: utf8, value: uint32, dupSort: true });
    const pairs = ['a', 'b', 'c'].flatMap((key) => Array.from({ length: 20 }, (_, i) => [key, i] as const));
    for (const every of [1, 2, 3, 7, 20]) {
      env.write(() => {
        for (const [key, value] of pairs) items.put(key, value);
        const seen: string[] = [];
        for (const key of items.range({ reverse }).keys()) {
          seen.push(key);
          if (seen.length % every === 0) items.put('d', seen.length);
          if (seen.length > pairs.length) break;
        }
        const keys = pairs.map(([key]) => key);
        const added = reverse ? [] : ['d'];
        expect(seen).toEqual([...(reverse ? keys.reverse() : keys), ...added]);
        items.clear();
      });
    }
  },
);

test('getAll() in a write transaction sees what is put behind it', () => {
  const { env, items } = collectionOf({ key: utf8, value: uint32, dupSort: true });
  env.write(() => {
    items.put('a', 1);
    items.put('a', 2);
    items.put('b', 1);
    const seen: number[] = [];
    for (const value of items.getAll('a')) {
      seen.push(value);
      items.delValue('a', value);
      if (value < 6) items.put('a', value + 2);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([items.getAll('a').toArray(), items.count()]).toEqual([[], 1]);
  });
});
