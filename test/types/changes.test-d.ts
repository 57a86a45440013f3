import { describe, expectTypeOf, test } from 'vitest';
import { type Commit, type Feed, type Key, open, tupleOf, utf8 } from '../../lib/index.ts';

const env = open('never run');
const places = env.collection('places', { key: tupleOf<[string, number]>(), value: utf8, versions: true });

describe('a feed', () => {
  test('of an environment gives commits, whose keys are of any type', async () => {
    expectTypeOf(env.changes({ after: 7, collections: [places, 'others'] })).toEqualTypeOf<Feed<Commit>>();
    for await (const { tid, nonce, changes } of env.changes()) {
      expectTypeOf(tid).toEqualTypeOf<number>();
      expectTypeOf(nonce).toEqualTypeOf<string>();
      for (const { collection, keys, range } of changes) {
        expectTypeOf(collection).toEqualTypeOf<string>();
        if (keys === undefined) expectTypeOf(range.gte).toEqualTypeOf<unknown>();
        else expectTypeOf(keys).toEqualTypeOf<readonly unknown[]>();
      }
    }
  });

  test('of a collection gives its keys as entries have them, or a range that range() takes', async () => {
    for await (const { keys, range, dropped } of places.watch({ prefix: ['FR'], after: { tid: 7, nonce: '' } })) {
      expectTypeOf(dropped).toEqualTypeOf<boolean>();
      if (keys !== undefined) expectTypeOf(keys).toEqualTypeOf<readonly Key<readonly [string, number]>[]>();
      else places.range(range);
    }
  });

  test('takes a commit to go on after', () => {
    expectTypeOf<Commit>().toExtend<NonNullable<NonNullable<Parameters<typeof env.changes>[0]>['after']>>();
  });
});
