import { describe, expect, it } from 'vitest';
import {
  bytes,
  exportRecords,
  importRecords,
  json,
  type KeyCodec,
  msgpack,
  struct,
  t,
  tuple,
  uint32,
  utf8,
  type ValueCodec,
} from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath, textOf } from './files.ts';

type AnyCollection = ReturnType<typeof make>;

function make(key: unknown, value: unknown, dupSort = false) {
  const codecs = { key: key as KeyCodec<unknown, unknown>, value: value as ValueCodec<unknown, unknown>, dupSort };
  return openTemporary().collection('items', codecs as never) as never as {
    put(key: unknown, value: unknown): void;
    count(): number;
    range(): Parameters<typeof exportRecords>[0];
  };
}

function filled(key: unknown, value: unknown, entries: readonly (readonly [unknown, unknown])[], dupSort = false) {
  const items = make(key, value, dupSort);
  for (const [k, v] of entries) items.put(k, v);
  return items;
}

/** The stored bytes of all entries. */
async function dumpOf(items: AnyCollection): Promise<string> {
  const file = newPath('all.dump');
  await exportRecords(items.range(), file);
  return textOf(file);
}

const N = struct({ n: t.u32 });
const Pair = struct({ key: t.utf8, value: t.u32 });
const Value = struct({ value: t.u32 });

/** Collections whose export once lost data, or could not be imported. */
const collections: [what: string, key: unknown, value: unknown, entries: [unknown, unknown][], dupSort?: true][] = [
  [
    'structs that do not hold their key',
    utf8,
    N,
    [
      ['one', { n: 1 }],
      ['two', { n: 2 }],
    ],
  ],
  [
    'structs whose key is made of a field but once',
    uint32,
    N,
    [
      [1, { n: 1 }],
      [2, { n: 3 }],
    ],
  ],
  [
    'structs whose tuples have one element more',
    tuple,
    N,
    [
      [[1], { n: 1 }],
      [[2, 2], { n: 2 }],
    ],
  ],
  ['structs with fields `key` and `value`', utf8, Pair, [['x', { key: 'a', value: 1 }]]],
  ['structs with the field `value` alone', utf8, Value, [['x', { value: 1 }]]],
  ['structs without a field', utf8, struct({}), [['x', {}]]],
  [
    'objects and others',
    utf8,
    json,
    [
      ['a', { n: 1 }],
      ['b', [1]],
      ['c', 'text'],
      ['d', null],
    ],
  ],
  [
    'objects with the field `value` alone',
    utf8,
    json,
    [
      ['a', { value: 1 }],
      ['b', { value: [2] }],
    ],
  ],
  [
    'texts under texts',
    utf8,
    utf8,
    [
      ['zebra', 'striped, "mostly"\n'],
      ['1', '2'],
    ],
  ],
  [
    'texts of msgpack',
    tuple,
    msgpack,
    [
      [['a'], 'text'],
      [['b'], '12'],
    ],
  ],
  ['integers of json beyond 2 ** 53', utf8, json, [['a', [2 ** 60, 12345678901234567000]]]],
  ['bytes under bytes', bytes, bytes, [[Buffer.of(0, 255), Buffer.of(1)]]],
  [
    'tuples',
    utf8,
    tuple,
    [
      ['a', ['x', 1, Buffer.of(0)]],
      ['b', [2n ** 64n, null]],
    ],
  ],
  [
    'several numbers a key',
    utf8,
    uint32,
    [
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ],
    true,
  ],
  [
    'several tuples a key',
    tuple,
    tuple,
    [
      [['a'], ['x']],
      [['a'], ['y', 2]],
    ],
    true,
  ],
];

describe.each(['ndjson', 'json', 'csv', 'tsv'])('%s', (format) => {
  it.each(collections)('of %s is imported again, without an option', async (_, key, value, entries, dupSort) => {
    const items = filled(key, value, entries, dupSort);
    const file = newPath(`items.${format}`);
    const exported = await exportRecords(items.range(), file);
    expect(exported.key).toBeUndefined();
    const again = make(key, value, dupSort);
    expect(await importRecords(again as never, file)).toMatchObject({ rows: entries.length, rejected: 0 });
    // msgpack gives its structures other ids, so the bytes may differ.
    if (value !== msgpack) expect(await dumpOf(again)).toBe(await dumpOf(items));
    const second = newPath(`items.${format}`);
    await exportRecords(again.range(), second);
    expect(textOf(second)).toBe(textOf(file));
  });

  it('has no key beside records of whose fields all keys are made, and tells them', async () => {
    const City = struct({ name: t.utf8, id: t.u64, at: t.date, country: t.utf8, twin: t.optional(t.utf8) });
    const cities = Array.from({ length: 200 }, (_, i) => ({
      name: `city ${i % 7}`,
      id: 2n ** 53n + BigInt(i),
      at: new Date(i),
      // Equal to the name in the first records, so that it could be taken for an element of the key.
      country: i < 100 ? `city ${i % 7}` : 'XX',
    }));
    const keyOf = ({ name, id, at }: (typeof cities)[number]): unknown => [name, id, at.getTime()];
    const items = filled(
      tuple,
      City,
      cities.map((city) => [keyOf(city), city]),
    );
    const file = newPath(`cities.${format}`);
    const { key } = await exportRecords(items.range(), file);
    expect(key).toEqual(['name', 'id', 'at']);
    const again = make(tuple, City);
    await importRecords(again as never, file, { key: key as string[] });
    expect(await dumpOf(again)).toBe(await dumpOf(items));
  });

  it('of an empty collection is imported again', async () => {
    for (const value of [N, json]) {
      const file = newPath(`none.${format}`);
      await exportRecords(make(utf8, value).range(), file);
      expect(await importRecords(make(utf8, value) as never, file)).toMatchObject({ rows: 0 });
    }
  });
});

describe('the option `key`', () => {
  const items = filled(utf8, json, [
    ['a', { id: 'a', n: 1 }],
    ['b', { id: 'b', n: 2 }],
  ]);

  it('false writes keys though they are made of a field', async () => {
    const file = newPath('items.ndjson');
    expect((await exportRecords(items.range(), file)).key).toEqual(['id']);
    expect((await exportRecords(items.range(), file, { key: false })).key).toBeUndefined();
    expect(textOf(file).split('\n')[0]).toBe('{"key":"a","value":{"id":"a","n":1}}');
  });

  it('names the fields, and a record of others is an error that names its key', async () => {
    const file = newPath('items.ndjson');
    expect(await exportRecords(items.range(), file, { key: 'id' })).toMatchObject({ rows: 2, key: ['id'] });
    const one = filled(utf8, json, [
      ['a', { id: 'a' }],
      ['b', { id: 'c' }],
      ['c', 5],
    ]);
    const error = await failure(exportRecords(one.range(), newPath('items.ndjson'), { key: 'id' }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('the key "b"') });
    const unknown = await failure(exportRecords(filled(utf8, N, []).range(), newPath('a.csv'), { key: 'id' }));
    expect(unknown.message).toContain("'id'");
  });
});

it('CSV with a column for the key is read by hand-made files too', async () => {
  const items = make(tuple, N);
  await importRecords(items as never, fileOf('a.csv', lines('n,key', '5,"[""a"",1]"')));
  expect(await dumpOf(items)).toBe(await dumpOf(filled(tuple, N, [[['a', 1], { n: 5 }]])));
  const error = await failure(importRecords(items as never, fileOf('a.csv', lines('key,n', 'a,5'))));
  expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 2 });
  expect(error.message).toContain('the key a is not JSON (the codec of the keys is tuple)');
});
