import { describe, expect, test } from 'vitest';
import { bytes, json, msgpack, struct, t, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary, thrown } from '../support/fixture.ts';

const env = openTemporary();
const Person = struct({
  name: t.optional(t.utf8),
  age: t.optional(t.u32),
  home: t.optional(t.struct({ city: t.optional(t.utf8), zip: t.optional(t.u32) })),
});
const people = env.collection('people', { key: utf8, value: Person });
const ada = { name: 'Ada', age: 41, home: { city: 'London', zip: 1 } };

describe('a copy of a view has none of its fields, and is refused', () => {
  const refused = (write: () => unknown) => {
    const error = thrown(write);
    expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
    expect(error.message).toContain('toObject()');
    expect(error.message).toContain('update(');
    return error;
  };
  const view = () => {
    people.put('ada', ada);
    return people.get('ada') as NonNullable<ReturnType<typeof people.get>>;
  };

  test('by spread and by Object.assign, in put, putNew, append and batch', async () => {
    refused(() => people.put('ada', { ...view(), age: 42 }));
    refused(() => people.put('ada', Object.assign({}, view(), { age: 42 })));
    refused(() => people.putNew('new', { ...view() }));
    refused(() => people.append('zzz', { ...view() }));
    await expect(env.batch([{ type: 'put', collection: people, key: 'ada', value: { ...view() } }])).rejects.toThrow(
      'toObject()',
    );
    expect(people.get('ada')?.toObject()).toEqual(ada);
  });

  test('of a struct inside a struct, named', () => {
    const home = view().home as object;
    expect(refused(() => people.put('ada', { ...ada, home: { ...home, zip: 2 } })).message).toContain('value.home');
  });

  test('in collections of json and msgpack', () => {
    refused(() => env.collection('json', { key: utf8, value: json }).put('a', { ...view(), age: 42 }));
    refused(() => env.collection('msgpack', { key: utf8, value: msgpack }).put('a', { ...view(), age: 42 }));
  });

  test('but not when every field has been given anew, nor the view itself, nor what inherits from it', () => {
    people.put('b', { ...view(), ...ada, name: 'B' });
    expect(people.get('b')?.toObject()).toEqual({ ...ada, name: 'B' });
    people.put('c', view());
    expect(people.get('c')?.toObject()).toEqual(ada);
    people.put('d', Object.create(view()) as never);
    expect(people.get('d')?.toObject()).toEqual(ada);
  });
});

describe('what is no record', () => {
  const Optional = struct({
    n: t.optional(t.u32),
    list: t.optional(t.list(t.u8)),
    inner: t.optional(t.struct({ n: t.optional(t.u32) })),
  });
  const all = env.collection('all optional', { key: utf8, value: Optional });
  const blobs = env.collection('blobs', { key: utf8, value: bytes });
  all.put('a', { list: [1] });
  blobs.put('a', Buffer.from('abc'));
  const list = all.get('a')?.list as object;
  const value = blobs.get('a') as object;
  const entry = all.range().toArray()[0] as object;

  test.each<[string, string, object]>([
    ['a Promise', 'not a Promise (await it)', Promise.resolve({ n: 1 })],
    ['a Map', 'not a Map', new Map([['n', 1]])],
    ['a Set', 'not a Set', new Set([1])],
    ['a Date', 'not a Date', new Date()],
    ['bytes', 'not bytes', Buffer.alloc(0)],
    ['a List', 'a List (use toArray())', list],
    ['a Value', 'a Key or a Value (use toBuffer())', value],
    ['an entry', 'an entry (use its key or its value)', entry],
    ['a copy of an entry', 'an entry (use its key or its value)', { ...entry }],
  ])('is not stored as an empty one: %s', (_, message, given) => {
    expect(thrown(() => all.put('b', given)).message).toContain(message);
    const error = thrown(() => all.put('b', { inner: given }));
    expect(error.message).toContain(message);
    expect(error.message).toContain('value.inner');
    expect(all.has('b')).toBe(false);
  });

  test('an object with no field is an empty one', () => {
    for (const given of [{}, Object.create(null), new (class Empty {})()]) {
      all.put('empty', given);
      expect(all.get('empty')?.toObject()).toEqual({});
    }
    all.put('empty', Object.defineProperty(new Map(), 'n', { get: () => 5 }) as object);
    expect(all.get('empty')?.toObject()).toEqual({ n: 5 });
  });

  test.each([json, msgpack])(
    'is for json and msgpack what JSON.stringify says of it, but no promise: $name',
    (codec) => {
      const any = env.collection(`any ${codec.name}`, { key: utf8, value: codec });
      for (const given of [value, list, entry, { value }]) {
        any.put('a', given);
        expect(any.get('a')).toEqual(JSON.parse(JSON.stringify(given)));
      }
      expect(thrown(() => any.put('b', Promise.resolve(1)))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
      expect(thrown(() => any.put('b', { ...value })).message).toContain('a Key or a Value (use toBuffer())');
      expect(any.has('b')).toBe(false);
    },
  );
});

describe('update', () => {
  test('shows a plain object that can be spread or changed, and gives what was stored', () => {
    people.put('ada', ada);
    expect(people.update('ada', (person) => ({ ...person, age: 42 }))).toEqual({ ...ada, age: 42 });
    expect(people.get('ada')?.toObject()).toEqual({ ...ada, age: 42 });
    people.update('ada', (person = {}) => {
      if (person.home) person.home.zip = 9;
      return person;
    });
    expect(people.get('ada')?.home?.zip).toBe(9);
  });

  test('of a key that is absent shows undefined', () => {
    const hits = env.collection('hits', { key: utf8, value: uint32 });
    for (let i = 0; i < 3; i++) hits.update('a', (n = 0) => n + 1);
    expect(hits.get('a')).toBe(3);
  });

  test('is one transaction: what fn writes is a part of it, and a throw undoes all', () => {
    const log = env.collection('log', { key: uint32, value: utf8 });
    const hits = env.collection('hits', { key: utf8, value: uint32 });
    const before = hits.get('a');
    const error = new Error('no');
    expect(
      thrown(() =>
        hits.update('a', (n = 0) => {
          log.put(1, 'written');
          if (n >= 0) throw error;
          return n;
        }),
      ),
    ).toBe(error);
    expect([hits.get('a'), log.get(1)]).toEqual([before, undefined]);
  });

  test('inside env.write, and with a transaction that is named, belongs to that', () => {
    const hits = env.collection('hits', { key: utf8, value: uint32 });
    hits.put('b', 1);
    thrown(() =>
      env.write((txn) => {
        hits.update('b', (n = 0) => n + 1);
        hits.update('b', (n = 0) => n + 1, txn);
        expect(hits.get('b')).toBe(3);
        throw new Error('undo');
      }),
    );
    expect(hits.get('b')).toBe(1);
  });

  test('refuses what cannot be meant', () => {
    const hits = env.collection('hits', { key: utf8, value: uint32 });
    const several = env.collection('several', { key: utf8, value: bytes, dupSort: true });
    hits.put('a', 7);
    expect(thrown(() => hits.update('a', undefined as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrown(() => hits.update('a', (() => {}) as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrown(() => hits.update('a', (async () => 1) as never)).code).toBe('ERR_ASYNC_CALLBACK');
    expect(thrown(() => several.update('a', () => Buffer.from('x'))).code).toBe('ERR_INVALID_ARG_VALUE');
    env.read((txn) => {
      expect(thrown(() => hits.update('a', () => 1, txn as never)).code).toBe('ERR_READ_ONLY');
    });
    expect(hits.get('a')).toBe(7);
  });
});
