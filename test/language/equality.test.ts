import assert from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, json, Key, sinkOf, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

// Tests compare rows; what they compare by are prototypes, own properties and `Object.prototype.toString`.
const env = openTemporary();
const City = struct({ name: t.utf8, size: t.u32, tags: t.list(t.utf8), raw: t.bytes, at: t.optional(t.f64) });
const cities = env.collection('cities', { key: tuple, value: City });
const blobs = env.collection('blobs', { key: tuple, value: bytes });
const notes = env.collection('notes', { key: utf8, value: json });
const paris = { name: 'Paris', size: 3, tags: ['a', 'b'], raw: Buffer.from('x') };
cities.put(['FR', 1], paris);
cities.put(['FR', 2], { ...paris, tags: ['a', 'c'] });
cities.put(['FR', 3], paris);
cities.put(['FR', 4], { ...paris, at: Number.NaN });
cities.put(['FR', 5], { ...paris, at: Number.POSITIVE_INFINITY });
blobs.put(['FR', 1], Buffer.from('one'));
blobs.put(['FR', 2], Buffer.from('two'));
blobs.put(['FR', 3], Buffer.from('one'));
blobs.put(['FR', 4], Buffer.alloc(100_000, 1));
blobs.put(['FR', 5], Buffer.concat([Buffer.alloc(99_999, 1), Buffer.from([2])]));
notes.put('a', { n: 1 });
notes.put('b', { n: 1 });

const city = (n: number) => cities.get(['FR', n]) as NonNullable<ReturnType<typeof cities.get>>;
const blob = (n: number) => blobs.get(['FR', n]);
const entry = (items: typeof cities | typeof blobs | typeof notes, n: number) => [...items.range()][n];

const different: [string, unknown, unknown][] = [
  ['records', city(1), city(2)],
  ['records with numbers that JSON does not tell apart', city(4), city(5)],
  ['lists', city(1).tags, city(2).tags],
  ['Values', blob(1), blob(2)],
  ['large Values that differ in the last byte', blob(4), blob(5)],
  ['Keys', Key.of('FR', 1), Key.of('FR', 2)],
  ['sinks of records', sinkOf(city(1) as object), sinkOf(city(2) as object)],
  ['Keys of a number and of its text', Key.of(1), Key.of('1')],
  ['entries', entry(cities, 0), entry(cities, 1)],
  ['entries with the same value', entry(notes, 0), entry(notes, 1)],
  ['a record and an object without properties', city(1), {}],
  ['a Value and a Key of the same bytes', blobs.get(['FR', 1]), Key.fromBytes(Buffer.from('one'))],
];
const same: [string, unknown, unknown][] = [
  ['records', city(1), city(3)],
  ['lists', city(1).tags, city(3).tags],
  ['Values', blob(1), blob(3)],
  ['sinks of records', sinkOf(city(1) as object), sinkOf(city(3) as object)],
  ['Keys', Key.of('FR', 1), [...cities.range().keys()][0]],
  ['entries', entry(cities, 0), entry(cities, 0)],
  ['entries of values that are no sinks', entry(notes, 1), entry(notes, 1)],
];

function equal(one: unknown, other: unknown): Record<string, boolean> {
  const passes = (check: () => void) => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  return {
    isDeepStrictEqual: isDeepStrictEqual(one, other),
    deepStrictEqual: passes(() => assert.deepStrictEqual(one, other)),
    deepEqual: passes(() => assert.deepEqual(one, other)),
    toEqual: passes(() => expect(one).toEqual(other)),
    toStrictEqual: passes(() => expect(one).toStrictEqual(other)),
    eql: passes(() => expect(one).eql(other)),
    nested: passes(() => expect({ rows: [one] }).toEqual({ rows: [other] })),
  };
}

describe('sinks, views and entries that differ are not equal', () => {
  test.each(different)('%s', (_, one, other) => {
    expect(Object.entries(equal(one, other)).filter(([, is]) => is)).toEqual([]);
    expect(Object.entries(equal(other, one)).filter(([, is]) => is)).toEqual([]);
  });
});

describe('those with the same content are equal', () => {
  test.each(same)('%s', (_, one, other) => {
    expect(Object.entries(equal(one, other)).filter(([, is]) => !is)).toEqual([]);
  });
});

test('what has expired equals nothing but itself', () => {
  const [one, other] = env.read(() => [blobs.get(['FR', 1]), blobs.get(['FR', 1])], { onEnd: 'invalidate' });
  expect(isDeepStrictEqual(one, other)).toBe(false);
  expect(isDeepStrictEqual(one, one)).toBe(true);
  expect(thrown(() => one?.byteLength).code).toBe('ERR_LEASE_EXPIRED');
});

test('the prototypes themselves, and what is none of them, can be shown', () => {
  const classes = [blob(1), Key.of(1), city(1), city(1).tags, entry(cities, 0)].map((item) =>
    Object.getPrototypeOf(item),
  );
  for (const prototype of classes) {
    expect(Object.prototype.toString.call(prototype)).toMatch(/^\[object /);
    expect(Object.prototype.toString.call(Object.create(prototype))).toMatch(/^\[object .*unreadable/);
  }
});
