import { expectTypeOf, test } from 'vitest';
import {
  json,
  type Key,
  open,
  type Range,
  struct,
  t,
  tuple,
  tupleOf,
  uint32,
  utf8,
  type Value,
} from '../../lib/index.ts';

const env = open('never run');

test('the values of a dupSort collection are what their codec gives', () => {
  const cities = env.collection('cities', { key: utf8, value: uint32, dupSort: true });
  expectTypeOf(cities.getAll('FR')).toEqualTypeOf<Range<string, number, number, number>>();
  expectTypeOf(cities.getAll('FR').toArray()).toEqualTypeOf<number[]>();
  expectTypeOf(cities.getAll('FR').keys().toArray()).toEqualTypeOf<string[]>();
  expectTypeOf(cities.hasValue('FR', 1)).toEqualTypeOf<boolean>();
  for (const id of cities.getAll('FR')) expectTypeOf(id).toEqualTypeOf<number>();

  const index = env.collection('index', { key: tuple, value: tupleOf<[country: string, id: number]>(), dupSort: true });
  for (const value of index.getAll(['a'])) expectTypeOf(value.at(1)).toEqualTypeOf<number>();
  for (const { key } of index.range()) expectTypeOf(key).toEqualTypeOf<Key>();
  expectTypeOf(env.main.getAll(Buffer.of(1)).toArray()).toEqualTypeOf<Value[]>();
});

test('a key or a value of another type does not compile', () => {
  const cities = env.collection('cities', { key: utf8, value: uint32, dupSort: true });
  // @ts-expect-error a key is a string
  cities.getAll(1);
  // @ts-expect-error a value is a number
  cities.hasValue('FR', 'Paris');
  // @ts-expect-error a value is a number
  cities.delValue('FR', 'Paris');
});

test('a codec that keeps no order does not compile with dupSort', () => {
  // @ts-expect-error json
  env.collection('a', { key: utf8, value: json, dupSort: true });
  // @ts-expect-error struct
  env.collection('a', { key: utf8, value: struct({ a: t.u8 }), dupSort: true });
  // @ts-expect-error a custom codec
  env.collection('a', { key: utf8, value: { name: 'a', encode: () => Buffer.of(), decode: String }, dupSort: true });
});

test('key codecs serve for the values of every collection', () => {
  expectTypeOf(env.collection('a', { key: utf8, value: uint32 }).get('a')).toEqualTypeOf<number | undefined>();
  expectTypeOf(env.collection('a', { key: utf8, value: tupleOf<[number]>() }).get('a')).toEqualTypeOf<
    Key<readonly [number]> | undefined
  >();
  expectTypeOf(env.collection('a', { key: utf8, value: json, dupSort: false }).count()).toEqualTypeOf<number>();
  const dupSort = Math.random() < 0.5;
  expectTypeOf(env.collection('a', { key: utf8, value: utf8, dupSort }).get('a')).toEqualTypeOf<string | undefined>();
});
