import { describe, expectTypeOf, test } from 'vitest';
import {
  bytes,
  type Entry,
  type Environment,
  hashJoin,
  type Join,
  json,
  type Key,
  mergeJoin,
  struct,
  t,
  tuple,
  tupleOf,
  uint32,
  utf8,
} from '../../lib/index.ts';

declare const env: Environment;

const City = struct({ id: t.u32, name: t.utf8, country: t.utf8, founded: t.optional(t.date), flag: t.bytes });
const cities = env.collection('cities', { key: tupleOf<[country: string, id: number]>(), value: City });
const countries = env.collection('countries', { key: utf8, value: json });
const numbers = env.collection('numbers', { key: uint32, value: bytes });
const tuples = env.collection('tuples', { key: tuple, value: utf8 });

describe('the types of joins', () => {
  test('a pair has the entries of both sides', () => {
    const join = hashJoin({
      build: { range: countries.range(), on: 'key' },
      probe: { range: cities.range(), on: { field: 'country' } },
    });
    for (const { build, probe } of join) {
      expectTypeOf(build.key).toEqualTypeOf<string>();
      expectTypeOf(probe.value.name).toEqualTypeOf<string>();
      expectTypeOf(probe.key.at(1)).toEqualTypeOf<number>();
    }
    expectTypeOf(join.count()).toEqualTypeOf<number>();
    expectTypeOf(join).toExtend<AsyncIterable<unknown>>();
  });

  test('the type of the join says whether there is a build entry', () => {
    const sides = {
      build: { range: countries.range(), on: 'key' },
      probe: { range: cities.range(), on: { field: 'country' } },
    } as const;
    type BuildOf<J> = J extends Join<infer P> ? (P extends { build: infer B } ? B : never) : never;
    const left = hashJoin({ ...sides, type: 'left' });
    const semi = mergeJoin({ ...sides, type: 'semi' });
    const anti = hashJoin({ ...sides, type: 'anti' });
    const inner = mergeJoin({ ...sides, type: 'inner' });
    expectTypeOf<undefined>().toExtend<BuildOf<typeof left>>();
    expectTypeOf<BuildOf<typeof semi>>().toEqualTypeOf<undefined>();
    expectTypeOf<BuildOf<typeof anti>>().toEqualTypeOf<undefined>();
    expectTypeOf<BuildOf<typeof inner>>().toExtend<Entry<string, unknown>>();
    // @ts-expect-error the value may be undefined
    for (const { build } of left) build.key;
    // @ts-expect-error no such type
    hashJoin({ ...sides, type: 'outer' });
    // @ts-expect-error no such option
    hashJoin({ ...sides, kind: 'left' });
  });

  test('a field is one of the struct, and of a type that can be joined on', () => {
    const probe = { range: cities.range(), on: 'key' } as const;
    hashJoin({ build: { range: cities.range(), on: { field: 'founded' } }, probe });
    hashJoin({ build: { range: cities.range(), on: { field: 'flag' } }, probe });
    hashJoin({ build: { range: cities.range(), on: ['key', { field: 'id' }, { key: 0 }] }, probe });
    // @ts-expect-error no such field
    hashJoin({ build: { range: cities.range(), on: { field: 'nation' } }, probe });
    // @ts-expect-error a method is no field
    hashJoin({ build: { range: cities.range(), on: { field: 'toObject' } }, probe });
    // @ts-expect-error no such field, in a list
    hashJoin({ build: { range: cities.range(), on: ['key', { field: 'nation' }] }, probe });
    // @ts-expect-error the fields of JSON values are not known
    hashJoin({ build: { range: countries.range(), on: { field: 'name' } }, probe });
    // @ts-expect-error values of bytes have no fields either
    mergeJoin({ build: { range: numbers.range(), on: { field: 'byteLength' } }, probe });
  });

  test('an element is one of a tuple key', () => {
    const probe = { range: cities.range(), on: 'key' } as const;
    hashJoin({ build: { range: cities.range(), on: { key: 1 } }, probe });
    hashJoin({ build: { range: tuples.range(), on: { key: 17 } }, probe });
    // @ts-expect-error the key has two elements
    hashJoin({ build: { range: cities.range(), on: { key: 2 } }, probe });
    // @ts-expect-error keys of text have no elements
    hashJoin({ build: { range: countries.range(), on: { key: 0 } }, probe });
    // @ts-expect-error keys of numbers have no elements
    mergeJoin({ build: { range: numbers.range(), on: { key: 0 } }, probe });
    // @ts-expect-error an element is a number
    hashJoin({ build: { range: cities.range(), on: { key: '0' } }, probe });
  });

  test('a side is a Readable, a range, or what was made of one', () => {
    const probe = { range: cities.range(), on: 'key' } as const;
    const whole = hashJoin({ build: { range: cities, on: { field: 'country' } }, probe });
    for (const { build } of whole) expectTypeOf(build.value.name).toEqualTypeOf<string>();
    env.read((txn) => hashJoin({ build: { range: cities.in(txn), on: { key: 0 } }, probe }));
    const few = mergeJoin({
      build: {
        range: cities
          .range()
          .filter(({ value }) => value.id > 5)
          .take(9),
        on: 'key',
      },
      probe,
    });
    for (const { build } of few) expectTypeOf(build.key.at(0)).toEqualTypeOf<string>();
    const made = cities
      .range()
      .map(({ key, value }) => ({ key: key.toArray(), value: { name: value.name, when: [1] }, n: 7 }));
    for (const { build } of hashJoin({ build: { range: made, on: { field: 'name' } }, probe })) {
      expectTypeOf(build.value).toEqualTypeOf<{ name: string; when: number[] }>();
      expectTypeOf(build.n).toEqualTypeOf<number>();
    }
    // @ts-expect-error no such field in what was made
    hashJoin({ build: { range: made, on: { field: 'id' } }, probe });
    // @ts-expect-error not a value that can be joined on
    hashJoin({ build: { range: made, on: { field: 'when' } }, probe });
    // @ts-expect-error not an entry
    hashJoin({ build: { range: cities.range().keys(), on: 'key' }, probe });
    // @ts-expect-error not a range
    hashJoin({ build: { range: [], on: 'key' }, probe });
    expectTypeOf(cities.range()).not.toBeAny();
    expectTypeOf<Key<readonly [string, number]>>().not.toBeAny();
  });
});
