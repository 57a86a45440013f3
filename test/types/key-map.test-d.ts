import { describe, expectTypeOf, test } from 'vitest';
import { type JoinOptions, type JoinPair, type Key, KeyMap, type Range, type Value } from '../../lib/index.ts';

describe('type parameters have the order of Map', () => {
  test('in KeyMap: the key, the value', () => {
    const map = new KeyMap<Key<readonly [string]>, number>();
    expectTypeOf(map.entries().next().value).toEqualTypeOf<[Key<readonly [string]>, number] | undefined>();
    expectTypeOf(map.get(Buffer.alloc(1))).toEqualTypeOf<number | undefined>();
    expectTypeOf(new KeyMap().keys().next().value).toEqualTypeOf<Key | Value | undefined>();
    // @ts-expect-error
    new KeyMap<number>();
  });

  test('in Range: the view of the key, that of the value, the items', () => {
    expectTypeOf<ReturnType<Range<string, number>['keys']>>().toExtend<Iterable<string>>();
    expectTypeOf<Range<string, number, Date>>().toExtend<Iterable<Date>>();
  });

  test('in joins: build, probe, and the type, which is inner by default', () => {
    type A = { key: string; value: number };
    type B = { key: number; value: string };
    expectTypeOf<JoinOptions<A, B>['type']>().toEqualTypeOf<'inner' | undefined>();
    expectTypeOf<JoinPair<A, B>>().toEqualTypeOf<JoinPair<A, B, 'inner'>>();
    expectTypeOf<JoinPair<A, B>['build']>().toEqualTypeOf<A>();
    expectTypeOf<JoinPair<A, B>['probe']>().toEqualTypeOf<B>();
  });
});
