import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, json, msgpack, struct, t, tuple, tupleOf, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

const City = struct({ name: t.utf8, population: t.u32 });
const CITY = 'struct { name: utf8, population: u32 }';
const Order = struct({ lines: t.list(t.struct({ price: t.f64, inner: t.struct({ tax: t.u8 }) })) });

describe('util.inspect shows', () => {
  test.each<[object, string]>([
    [utf8, 'utf8'],
    [bytes, 'bytes'],
    [json, 'json'],
    [msgpack, 'msgpack'],
    [tuple, 'tuple'],
    [tupleOf<[string, number]>(), 'tuple'],
    [uint32, 'uint32'],
    [t.u32, 'u32'],
    [t.optional(t.date), 'optional<date>'],
    [t.list(t.optional(t.utf8)), 'list<optional<utf8>>'],
    [t.struct({ name: t.utf8, population: t.u32 }), CITY],
    [City, CITY],
    [City.description, CITY],
    [struct({ ['__proto__']: t.u8, 'a-b': t.bool }), "struct { ['__proto__']: u8, 'a-b': bool }"],
    [struct({}), 'struct {}'],
  ])('%o as %s', (shown, text) => {
    expect(inspect(shown)).toBe(text);
    expect(inspect({ shown })).toBe(`{ shown: ${text} }`);
  });

  test('a struct no deeper than it is asked to', () => {
    expect(inspect(Order)).toBe('struct { lines: list<struct { price: f64, inner: struct { tax: u8 } }> }');
    expect(inspect(Order, { depth: 1 })).toBe('struct { lines: list<struct { price: f64, inner: [struct] }> }');
    expect(inspect(Order, { depth: 0 })).toBe('struct { lines: list<[struct]> }');
    expect(inspect({ deep: Order }, { depth: 0 })).toBe('{ deep: [struct] }');
    const fields = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, t.u32]));
    expect(inspect(struct(fields))).toMatch(/^struct \{\n {2}field0: u32,\n(.*\n)*\}$/);
  });

  test('a collection with its codecs, and a collection in a transaction', () => {
    const env = openTemporary();
    const cities = env.collection('cities', { key: tuple, value: City });
    const shown = `Collection 'cities' { key: tuple, value: ${CITY} }`;
    expect(inspect(cities)).toBe(shown);
    expect(inspect(cities, { depth: 0 })).toBe("Collection 'cities' { key: tuple, value: [struct] }");
    expect(inspect({ cities }, { depth: 0 })).toBe('{ cities: [Collection] }');
    env.read((txn) => {
      const view = cities.in(txn);
      expect(inspect(view)).toBe(`${shown} in ReadTransaction { open }`);
      expect(inspect({ view }, { depth: 0 })).toBe('{ view: [Collection in a transaction] }');
    });
    const own = { name: 'own', encode: () => new Uint8Array(0), decode: () => 0 };
    expect(inspect(env.collection('owned', { key: utf8, value: own }))).toBe(
      "Collection 'owned' { key: utf8, value: own }",
    );
    const made = { key: utf8, value: json, versions: true, share: true, expires: true, keys: 'any' } as const;
    expect(inspect(env.collection('made', made))).toBe(
      "Collection 'made' { key: utf8, value: json, versions: true, share: true, expires: true, keys: 'any' }",
    );
  });

  test('of a range and of what is made from it where it comes from', () => {
    const words = openTemporary().collection('words', { key: utf8, value: utf8, dupSort: true });
    const range = words.range({ prefix: 'a' });
    expect(inspect(range)).toBe("Range of 'words'");
    expect(inspect(words.getAll('a'))).toBe("Range of the values of a key of 'words'");
    expect(inspect(range.keys())).toBe("Range of 'words'.keys()");
    expect(inspect(range.values().take(2))).toBe("Range of 'words'.values()");
    const derived = range.filter(() => true).map(({ key }) => key);
    expect(inspect({ first: derived.take(3) })).toBe("{ first: Range of 'words'.filter().map().take(3) }");
    expect(inspect(range.keys()[Symbol.iterator]())).toBe("RangeIterator of 'words'");
  });

  test('of a feed the newest commit that it has looked at', async () => {
    const env = openTemporary();
    const items = env.collection('items', { key: utf8, value: utf8, versions: true });
    const feed = items.watch({ after: 0 });
    expect(inspect(feed)).toBe('Feed { tid: 0 }');
    items.put('a', 'x');
    await feed.next();
    expect(inspect(feed)).toBe('Feed { tid: 1 }');
    await feed.return();
    expect(inspect(feed)).toBe('Feed { tid: 1, done }');
  });

  test('of no codec anything of its own, nor changes what is remembered of it', () => {
    for (const codec of [utf8, tuple, City, t.u32, City.description]) {
      expect(inspect(codec)).not.toMatch(/write|view|accept|Function/);
      expect(Object.keys(codec)).not.toContain('inspect');
      expect(Object.isFrozen(codec)).toBe(true);
    }
    expect(structuredClone(City.description)).toEqual({
      struct: [
        ['name', 'utf8'],
        ['population', 'u32'],
      ],
    });
    expect(JSON.stringify(City.description)).toBe('{"struct":[["name","utf8"],["population","u32"]]}');
  });
});
