import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytes, type CustomCodec, json, struct, t, tuple, tupleOf, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };
const fields = { id: t.u32, name: t.utf8 };

describe('env.collection()', () => {
  test('gives the same object for the same name and codecs', () => {
    const env = openTemporary();
    const Row = struct(fields);
    const custom: CustomCodec<number, number> = {
      name: 'twice',
      encode: (value: number) => Uint8Array.of(value * 2),
      decode: (stored) => (stored[0] as number) / 2,
    };
    const a = env.collection('a', strings);
    const b = env.collection('b', { key: tuple, value: Row });
    const c = env.collection('c', { key: bytes, value: custom });
    expect([env.collection('a'), env.collection('a', strings), env.collection('a', { key: utf8 })]).toEqual([a, a, a]);
    expect(env.collection('a')).toBe(a);
    expect(env.collection('b', { key: tupleOf<[string]>(), value: Row })).toBe(b);
    expect(env.collection('b', { value: struct(fields) })).toBe(b);
    expect(env.collection('c', { key: bytes, value: custom })).toBe(c);
    expect(env.collection('c')).toBe(c);
    c.put(Buffer.from('k'), 21);
    expect(c.get(Buffer.from('k'))).toBe(21);
    expect([a.name, inspect(a)]).toEqual(['a', "Collection 'a' { key: utf8, value: utf8 }"]);
  });

  test.each<[string, object]>([
    ['another key codec', { key: bytes }],
    ['another value codec', { value: json }],
    ['a struct with another field', { value: struct({ ...fields, more: t.u8 }) }],
  ])('refuses %s while the collection is open here', (_, options) => {
    const env = openTemporary();
    env.collection('a', strings);
    env.collection('b', { key: utf8, value: struct(fields) });
    expect(codeOf(() => env.collection('a', options as never))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => env.collection('b', options as never))).toBe('ERR_INVALID_ARG_VALUE');
  });

  test('is bytes and bytes with no codecs at all', () => {
    const raw = openTemporary().collection('raw', {});
    raw.put(Buffer.from('k'), Buffer.from('v'));
    expect(
      raw
        .range()
        .map(({ key, value }) => `${key.toBuffer()}=${value.toBuffer()}`)
        .toArray(),
    ).toEqual(['k=v']);
  });

  test.each([
    ['create: false', { create: false }],
    ['create: false and codecs', { ...strings, create: false }],
  ])('with %s gives what is there, and ERR_NO_COLLECTION for what is not', (_, options) => {
    const env = openTemporary();
    const made = env.collection('there', strings);
    expect(env.collection('there', options as never)).toBe(made);
    const error = thrown(() => env.collection('absent', options as never));
    expect([error.code, error.path]).toEqual(['ERR_NO_COLLECTION', env.path]);
    expect(error.message).toContain("'absent'");
    expect(env.collections()).toEqual(['there']);
  });

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['a number', 7, 'ERR_INVALID_ARG_TYPE'],
    ['an empty name', '', 'ERR_INVALID_ARG_VALUE'],
    ['a name with a NUL', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
    ['the name that leasehold keeps for itself', '__leasehold', 'ERR_INVALID_ARG_VALUE'],
    ['a name with a lone surrogate', 'a\ud800', 'ERR_INVALID_ARG_VALUE'],
    ['a name of 512 bytes', 'n'.repeat(512), 'ERR_INVALID_ARG_VALUE'],
    ['a name of 512 bytes in 256 characters', 'é'.repeat(256), 'ERR_INVALID_ARG_VALUE'],
  ])('refuses %s as a name', (_, name, code) => {
    const env = openTemporary();
    expect(codeOf(() => env.collection(name as never, strings))).toBe(code);
    expect(env.collections()).toEqual([]);
  });

  test.each(['a', 'ö ä', '\u{1f600}', ' ', '..', 'n'.repeat(511), '__proto__', '_leasehold', '__leasehold2'])(
    'takes %s as a name',
    (name) => {
      const env = openTemporary();
      env.collection(name, strings).put('k', name);
      expect([env.collections(), env.collection(name).get('k' as never)]).toEqual([[name], name]);
      const { path } = env;
      env.close();
      expect(
        openAt(path)
          .collection(name)
          .get('k' as never),
      ).toBe(name);
    },
  );
});

describe('collections()', () => {
  test('lists names in order, without what leasehold keeps and without plain entries', () => {
    const env = openTemporary();
    expect(env.collections()).toEqual([]);
    for (const name of ['b', 'a', 'B']) env.collection(name, strings);
    env.main.put(Buffer.from('plain'), Buffer.from('entry'));
    expect(env.collections()).toEqual(['B', 'a', 'b']);
  });
});

describe('maxCollections', () => {
  test('limits how many can be made', () => {
    const env = openTemporary({ maxCollections: 3 });
    for (const name of ['a', 'b', 'c']) env.collection(name, strings).put('k', name);
    expect(codeOf(() => env.collection('d', strings))).toBe('MDB_DBS_FULL');
    expect([env.collections(), env.collection('c').get('k' as never)]).toEqual([['a', 'b', 'c'], 'c']);
  });

  test('may be less than there are: handles are opened on demand', () => {
    const path = temporaryFolder();
    const env = openAt(path, { maxCollections: 40 });
    const names = Array.from({ length: 30 }, (_, i) => `${i % 2 === 0 ? 'A' : 'z'} ${i}`);
    for (const name of names) env.collection(name, strings).put('k', name);
    env.close();
    for (const name of ['z 29', 'A 0', 'z 1']) {
      const small = openAt(path, { maxCollections: 2 });
      expect(small.collections()).toEqual([...names].sort());
      expect(small.collection(name).get('k' as never)).toBe(name);
      small.collection('A 10', strings).put('k', 'again');
      expect(codeOf(() => small.collection('A 12'))).toBe('MDB_DBS_FULL');
      small.close();
    }
    expect(
      openAt(path, { maxCollections: 1, readOnly: true })
        .collection('z 3')
        .get('k' as never),
    ).toBe('z 3');
  });
});

describe('env.main', () => {
  test('is the unnamed database, bytes and bytes', () => {
    const env = openTemporary();
    const { main } = env;
    main.put(Buffer.from('k'), Buffer.from('v'));
    expect([main.get(Buffer.from('k'))?.toBuffer().toString(), main.name, env.main === main]).toEqual(['v', '', true]);
    expect(env.collection(null)).toBe(main);
    expect(codeOf(() => env.collection(null, strings))).toBe('ERR_INVALID_ARG_VALUE');
    main.clear();
    expect(main.count()).toBe(0);
  });

  test('has the codecs that it was opened with', () => {
    const env = openTemporary();
    const main = env.collection(null, strings);
    main.put('k', 'v');
    expect([env.main as unknown, env.main.get('k' as never) as unknown]).toEqual([main, 'v']);
  });

  test('shows the records of collections, and refuses to touch them', () => {
    const env = openTemporary();
    const items = env.collection('items', strings);
    items.put('a', '1');
    const { main } = env;
    const record = Buffer.from('items');
    main.put(Buffer.from('plain'), Buffer.from('v'));
    const names = (): string[] =>
      main
        .range()
        .keys()
        .map((key) => key.toBuffer().toString())
        .toArray();
    expect(names()).toEqual(['__leasehold', 'items', 'plain']);
    expect(main.get(record)?.byteLength).toBe(48);
    const uses: Record<string, () => unknown> = {
      put: () => main.put(record, Buffer.from('x')),
      putNew: () => main.putNew(record, Buffer.from('x')),
      append: () => main.append(record, Buffer.from('x')),
      del: () => main.del(record),
      clear: () => main.clear(),
      drop: () => main.drop(),
      'put over the catalog': () => main.put(Buffer.from('__leasehold'), Buffer.from('x')),
      'del of the catalog': () => main.del(Buffer.from('__leasehold')),
    };
    for (const [name, use] of Object.entries(uses)) {
      expect([name, codeOf(use)]).toEqual([name, 'ERR_INVALID_ARG_VALUE']);
      expect([name, codeOf(() => env.write(use))]).toEqual([name, 'ERR_INVALID_ARG_VALUE']);
    }
    // A refused call does not doom the transaction: its other changes are committed.
    env.write(() => {
      for (const use of Object.values(uses)) codeOf(use);
      main.del(Buffer.from('plain'));
      items.put('b', '2');
    });
    expect([names(), items.count()]).toEqual([['__leasehold', 'items'], 2]);
  });

  test('may hold an entry where a collection is wanted, which is then refused', () => {
    const env = openTemporary();
    env.main.put(Buffer.from('taken'), Buffer.from('v'));
    expect(codeOf(() => env.collection('taken', strings))).toBe('MDB_INCOMPATIBLE');
    expect(codeOf(() => env.collection('taken', { create: false }))).toMatch(/^(MDB_INCOMPATIBLE|ERR_NO_COLLECTION)$/);
    expect(env.main.get(Buffer.from('taken'))?.toBuffer().toString()).toBe('v');
  });

  test('of an environment opened with codecs for it keeps uint32 keys in order', () => {
    const env = openTemporary();
    const main = env.collection(null, { key: uint32, value: utf8 });
    for (const key of [300, 2, 70_000]) main.put(key, String(key));
    expect(main.range().keys().toArray()).toEqual([2, 300, 70_000]);
  });
});
