import { expectTypeOf, test } from 'vitest';
import { tupleOf, uint32, utf8 } from '../../lib/index.ts';
import { Counter, PersistentList, PersistentMap, PersistentSet } from '../../lib/objects/index.ts';

test('collections of objects have the types of their keys and values', () => {
  const map = new PersistentMap<[string, number], { n: number }>({ key: tupleOf<[string, number]>() });
  expectTypeOf(map.get(['a', 1])).toEqualTypeOf<{ n: number } | undefined>();
  expectTypeOf(map.range({ prefix: ['a'] })).toEqualTypeOf<
    IterableIterator<[[string, number], { n: number }], undefined>
  >();
  expectTypeOf(map.page({ limit: 10 }).items).toEqualTypeOf<[[string, number], { n: number }][]>();
  // @ts-expect-error: the key has two elements.
  map.get(['a', 1, 2]);
  // @ts-expect-error: a value is an object with n.
  map.set(['a', 1], 7);
  // @ts-expect-error: there is no such option.
  map.range({ step: 2 });
  // @ts-expect-error: a page has a limit.
  map.page({ reverse: true });

  const inferred = new PersistentMap({ key: utf8 });
  expectTypeOf(inferred.keys()).toEqualTypeOf<IterableIterator<string, undefined>>();
  const set = new PersistentSet({ key: uint32 });
  expectTypeOf([...set]).toEqualTypeOf<number[]>();

  const list = new PersistentList<string>();
  expectTypeOf(list.at(0)).toEqualTypeOf<string | undefined>();
  expectTypeOf(list.splice(0, 1, 'x')).toEqualTypeOf<string[]>();
  expectTypeOf(list.push('a')).toEqualTypeOf<void>();
  // @ts-expect-error: an element is a string.
  list.push(1);
  expectTypeOf(new Counter().value).toEqualTypeOf<number>();
});
