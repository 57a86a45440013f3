import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  bytes,
  exportRecords,
  hashJoin,
  importRecords,
  json,
  Key,
  msgpack,
  struct,
  t,
  tuple,
  uint32,
  utf8,
} from '../../lib/index.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const City = struct({ id: t.u32, name: t.utf8 });

function world() {
  const env = openTemporary();
  const docs = env.collection('docs', { key: utf8, value: json });
  const cities = env.collection('cities', { key: tuple, value: City });
  docs.put('a', { n: 1 });
  docs.put('b', { n: 2 });
  cities.put(['DE', 1], { id: 1, name: 'Bonn' });
  cities.put(['FR', 2], { id: 2, name: 'Lyon' });
  return { env, docs, cities };
}

describe('as()', () => {
  test('reads the same bytes with other codecs, in all calls', () => {
    const { env, docs } = world();
    const texts = docs.as({ value: utf8 });
    expect(texts.name).toBe('docs');
    expect(texts.get('a')).toBe('{"n":1}');
    expect(texts.getMany(['b', 'c'])).toEqual(['{"n":2}', undefined]);
    expect(texts.has('b')).toBe(true);
    expect(texts.range({ gt: 'a' }).toArray()).toMatchObject([{ key: 'b', value: '{"n":2}' }]);
    expect(texts.range().values().toArray()).toEqual(['{"n":1}', '{"n":2}']);
    const seen: string[] = [];
    texts.scan({}, ({ value }) => seen.push(value));
    expect(seen).toEqual(['{"n":1}', '{"n":2}']);
    expect([texts.count(), texts.stat().entries]).toEqual([2, 2]);
    env.read((txn) => {
      expect(texts.getBuffer('a', txn)?.toString()).toBe('{"n":1}');
      expect(texts.in(txn).get('b')).toBe('{"n":2}');
      expect(docs.as({ value: bytes }).get('a', txn)?.toString()).toBe('{"n":1}');
    });
    expect(texts.as({ value: json }).get('a')).toEqual({ n: 1 });
    expect(docs.get('a')).toEqual({ n: 1 });
    expect(inspect(texts)).toBe("Collection 'docs' { key: utf8, value: utf8 }");
  });

  test('takes bounds of the other key codec', () => {
    const { cities } = world();
    const raw = cities.as({ key: bytes });
    const french = raw.range({ prefix: Key.of('FR').toBuffer() });
    expect(french.map(({ key, value }) => [key.toBuffer().toString('hex'), value.name]).toArray()).toEqual([
      [Key.of('FR', 2).toHex(), 'Lyon'],
    ]);
    expect(raw.get(Key.of('DE', 1))?.name).toBe('Bonn');
    // Bytes that the codec cannot decode fail only when they are read.
    expect(codeOf(() => cities.as({ key: uint32 }).range().keys().toArray())).toBe('ERR_CODEC');
    expect(codeOf(() => cities.as({ value: json }).get(['DE', 1]))).toBe('ERR_CODEC');
  });

  test('sees, inside env.write, what the transaction has written', () => {
    const { env, docs } = world();
    const texts = docs.as({ value: utf8 });
    env.write((txn) => {
      docs.put('a', { n: 7 }, txn);
      expect(texts.get('a')).toBe('{"n":7}');
      expect(texts.range({ lte: 'a' }, txn).toArray()).toMatchObject([{ key: 'a', value: '{"n":7}' }]);
      expect(texts.in(txn).get('a')).toBe('{"n":7}');
    });
  });

  test('reads structs by an older or a newer schema, and refuses one that does not fit', () => {
    const { cities } = world();
    expect(
      cities
        .as({ value: struct({ id: t.u32 }) })
        .get(['FR', 2])
        ?.toObject(),
    ).toEqual({ id: 2 });
    const Newer = struct({ id: t.u32, name: t.utf8, mayor: t.optional(t.utf8), area: t.f64 });
    expect(cities.as({ value: Newer }).get(['FR', 2])?.toObject()).toEqual({ id: 2, name: 'Lyon', area: 0 });
    const wrong = thrown(() => cities.as({ value: struct({ id: t.u32, name: t.f64 }) }));
    expect([wrong.code, wrong.message]).toEqual([
      'ERR_CODEC',
      expect.stringMatching(/'cities'.*the field 'name' \(field 2\) is utf8 in the database and f64 here/),
    ]);
    expect(cities.as({ value: bytes }).get(['FR', 2])?.byteLength).toBeGreaterThan(4);
  });

  test('reads what has several values a key, and msgpack with its structures', () => {
    const env = openTemporary();
    const tags = env.collection('tags', { key: utf8, value: utf8, dupSort: true });
    tags.put('a', 'x');
    tags.put('a', 'y');
    const raw = tags.as({ value: bytes });
    expect(raw.getAll('a').map(String).toArray()).toEqual(['x', 'y']);
    expect([raw.hasValue('a', Buffer.from('y')), raw.hasValue('a', Buffer.from('z'))]).toEqual([true, false]);
    const packed = env.collection('packed', { key: utf8, value: msgpack });
    for (const n of [1, 2, 3]) packed.put(`k${n}`, { n, text: 'same shape' });
    const byBytes = packed.as({ key: bytes });
    expect(byBytes.get(Buffer.from('k2'))).toEqual({ n: 2, text: 'same shape' });
  });

  test('serves in joins and exports', async () => {
    const { env, cities, docs } = world();
    const names = env.collection('names', { key: tuple, value: City });
    names.put(['x'], { id: 2, name: 'second' });
    const older = cities.as({ value: struct({ id: t.u32 }) });
    const pairs = hashJoin({
      build: { range: names.range(), on: { field: 'id' } },
      probe: { range: older.range(), on: { field: 'id' } },
    });
    expect(pairs.map(({ build, probe }) => [build.value.name, probe.value.id]).toArray()).toEqual([['second', 2]]);
    const byText = hashJoin({
      build: { range: docs.as({ key: bytes }).range(), on: 'key' },
      probe: { range: docs.as({ key: bytes }).range(), on: 'key' },
    });
    expect(byText.count()).toBe(2);
    const file = join(temporaryFolder(), 'docs.ndjson');
    await exportRecords(docs.as({ value: bytes }).range({ limit: 1 }), file);
    expect(readFileSync(file, 'utf8')).toBe(`{"key":"a","value":"${Buffer.from('{"n":1}').toString('hex')}"}\n`);
  });

  test('stores nothing, whatever stores; deletes', async () => {
    const { env, docs } = world();
    const texts = docs.as({ value: utf8 }) as typeof docs & ReturnType<typeof docs.as<string, string, string, string>>;
    const refused = [
      () => texts.put('c', 'text'),
      () => texts.putNew('c', 'text'),
      () => texts.append('c', 'text'),
      () => texts.update('a', () => 'text'),
      () => env.write((txn) => texts.put('c', 'text', txn)),
      () => env.batch([{ type: 'put', collection: texts, key: 'c', value: 'text' }]),
    ];
    for (const store of refused) {
      const { code, message } = await Promise.resolve()
        .then(store)
        .then(
          () => ({ code: 'stored', message: '' }),
          (error) => error,
        );
      expect([code, message]).toEqual(['ERR_READ_ONLY', expect.stringContaining('as()')]);
    }
    const source = Readable.from([Buffer.from('{"key":"c","value":"text"}\n')]);
    await expect(importRecords(texts, source)).rejects.toMatchObject({ code: 'ERR_READ_ONLY' });
    expect(docs.range().keys().toArray()).toEqual(['a', 'b']);
    expect(texts.del('a')).toBe(true);
    expect(texts.clear({ gte: 'b' })).toBe(1);
    expect(docs.count()).toBe(0);
  });

  test('leaves what the database remembers', () => {
    const folder = temporaryFolder();
    const env = openAt(folder);
    const docs = env.collection('docs', { key: utf8, value: json });
    docs.put('a', { n: 1 });
    docs.as({ key: bytes, value: bytes }).get(Buffer.from('a'));
    docs.put('b', { n: 2 });
    env.close();
    expect(inspect(openAt(folder).collection('docs'))).toBe("Collection 'docs' { key: utf8, value: json }");
  });

  test('refuses what is no codec', () => {
    const { docs } = world();
    expect(codeOf(() => docs.as(undefined as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => docs.as({ value: 'bytes' as never }))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => docs.as({ key: json as never }))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => docs.as({ values: bytes } as never))).toBe('ERR_INVALID_ARG_VALUE');
  });
});
