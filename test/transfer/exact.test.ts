import { describe, expect, it } from 'vitest';
import { exactNumber, parseJson } from '../../lib/base/exact-json.ts';
import { importRecords, inferSchema, json, msgpack, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath, textOf } from './files.ts';

describe('a number', () => {
  it.each([
    '0.1',
    '1.50',
    '-0',
    '0.30000000000000004',
    '0.10000000000000001',
    '0.1000000000000000055511151231257827',
    '1e-300',
    '5e-324',
    '4.9406564584124654e-324',
    '2.2250738585072014e-308',
    '123456789012345.67',
    '1.7976931348623157e+308',
    '0.000000000000000000000',
    '12345678901234567e-2',
  ])('%s is what a double holds', (text) => {
    expect(exactNumber(text)).toBe(Number(text));
    expect(parseJson(`{"a":[${text}]}`, true)).toEqual({ a: [Number(text)] });
  });

  it.each([
    '0.12345678901234567890',
    '3.14159265358979323846',
    '1234567890123.45678',
    '1e-400',
    '1.234567e-320',
    '1e400',
    '9007199254740993.5',
    '12345678901234567e-1',
    '123456789012345.678',
    `0.${'1'.repeat(500)}`,
  ])('%s is an error, and never another number', async (text) => {
    expect(() => exactNumber(text)).toThrow(/no double holds|too large/);
    const line = `{"id":"a","\\\\\\"":"1e-400","n":${text}}`;
    for (const value of [json, msgpack, struct({ id: t.utf8, '\\"': t.utf8, n: t.f64 })]) {
      const { items } = collectionOf({ key: utf8, value: value as typeof json });
      const error = await failure(importRecords(items, fileOf('a.ndjson', `${line}\n`), { key: 'id' }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 1 });
      expect(error.message).not.toContain('not JSON');
      expect(items.count()).toBe(0);
    }
    const { items } = collectionOf({ key: utf8, value: struct({ id: t.utf8, n: t.f64, l: t.list(t.f64) }) });
    for (const row of [`a,${text},[]`, `a,1,[${text}]`]) {
      const error = await failure(importRecords(items, fileOf('a.csv', `id,n,l\n${row}\n`), { key: 'id' }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 2 });
    }
  });

  it('in the plain lines of a struct is the same as in others', async () => {
    const Row = struct({ id: t.utf8, n: t.f64 });
    const { items } = collectionOf({ key: utf8, value: Row });
    const numbers = ['0.30000000000000004', '0.12345678901234567890', '0.1234567890123456789', '-1.2345678901234567'];
    const text = lines(...numbers.map((n, i) => `{"id":"${i}","n":${n}}`));
    const result = await importRecords(items, fileOf('a.ndjson', text), { key: 'id', onError: 'skip' });
    expect(result.errors?.map(({ line }) => line)).toEqual([2, 3]);
    expect(
      items
        .range()
        .values()
        .map(({ n }) => n)
        .toArray(),
    ).toEqual([0.30000000000000004, -1.2345678901234567]);
  });

  it('of 64 bits in keys and values of CSV is exact, or an error', async () => {
    const text = 'key,value\n[9007199254740993],[12345678901234567891]\n';
    const { items } = collectionOf({ key: tuple, value: msgpack });
    await importRecords(items, fileOf('a.csv', text));
    expect(items.get([9007199254740993n])).toEqual([12345678901234567891n]);
    const { items: strings } = collectionOf({ key: tuple, value: json });
    const error = await failure(importRecords(strings, fileOf('a.csv', text)));
    expect(error.message).toContain('no double holds 12345678901234567891 exactly');
  });
});

describe('a date', () => {
  const Row = struct({ id: t.utf8, d: t.date });
  const csv = async (text: string) => {
    const { items } = collectionOf({ key: utf8, value: Row });
    await importRecords(items, fileOf('a.csv', `id,d\na,${text}\n`), { key: 'id' });
    return items.get('a')?.d.toISOString();
  };
  const ndjson = async (value: string) => {
    const { items } = collectionOf({ key: utf8, value: Row });
    await importRecords(items, fileOf('a.ndjson', `{"id":"a","d":${value}}\n`), { key: 'id' });
    return items.get('a')?.d.toISOString();
  };

  it.each([
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2024-02-29T23:59:59.1230Z', '2024-02-29T23:59:59.123Z'],
    ['2024-01-31T23:30+02:00', '2024-01-31T21:30:00.000Z'],
    ['+012024-02-29', '+012024-02-29T00:00:00.000Z'],
    ['-000001-03-01', '-000001-03-01T00:00:00.000Z'],
    ['1706659200000', '2024-01-31T00:00:00.000Z'],
    ['-1', '1969-12-31T23:59:59.999Z'],
    ['99999999', '1970-01-02T03:46:39.999Z'],
  ])('%s is read', async (text, iso) => {
    expect(await csv(text)).toBe(iso);
    expect(await ndjson(JSON.stringify(text))).toBe(iso);
    if (/^-?\d+$/.test(text)) expect(await ndjson(text)).toBe(iso);
  });

  it.each([
    ['2023-02-29', 'there is no day 2023-02-29'],
    ['2023-04-31T00:00:00Z', 'there is no day 2023-04-31'],
    ['1900-02-29', 'there is no day'],
    ['2024-01-31T10:00:00.123999Z', 'parts of one'],
    ['20240131', 'may be the day 2024-01-31'],
    ['20240131235959', 'may be the day 2024-01-31'],
    ['2024-13-01', 'must be a date'],
    ['2024', 'must be a date'],
    ['31.01.2024', 'must be a date'],
  ])('%s is an error, and never another date', async (text, message) => {
    const errors = [await failure(csv(text)), await failure(ndjson(JSON.stringify(text)))];
    if (/^\d{5,}$/.test(text)) errors.push(await failure(ndjson(text)));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain(message);
    }
    expect((await failure(ndjson('1.5'))).message).toContain('whole milliseconds');
  });
});

describe('what was inferred', () => {
  const numbers = lines('id,zip,on', ...Array.from({ length: 20 }, (_, i) => `r${i},${10000 + i},true`));

  it.each([
    '01001',
    '+1555',
    '12E4',
    'Infinity',
    'NaN',
    '1.50',
    '-0',
    '1e3',
    ' 1',
    '0x10',
    '1_000',
    '9007199254740993',
  ])('takes %s for no number behind the sample, as in it', async (text) => {
    const within = await inferSchema(fileOf('a.csv', `id,zip\n1,2\n2,${text}\n`));
    expect(within.schema.description.struct[1]).toEqual(['zip', { optional: 'utf8' }]);
    const file = fileOf('a.csv', `${numbers}x,${text},true\n`);
    const { schema } = await inferSchema(file, { sample: 20 });
    const rejects = newPath('rejects');
    for (const collection of [schema, json]) {
      const { items } = collectionOf({ key: tuple, value: collection as typeof json });
      const options = { key: ['id'], rejects, ...(collection === json ? { schema } : {}) };
      expect(await importRecords(items, file, options)).toMatchObject({ rows: 20, rejected: 1 });
      expect(JSON.parse(textOf(rejects))).toMatchObject({ line: 22, record: `x,${text},true` });
      expect(textOf(rejects)).toContain('zip was inferred to be a number');
    }
  });

  it('takes 1 for no truth behind the sample', async () => {
    const file = fileOf('a.csv', `${numbers}x,1,1\n`);
    const { schema } = await inferSchema(file, { sample: 20 });
    const { items } = collectionOf({ key: tuple, value: schema });
    const error = await failure(importRecords(items, file, { key: 'id' }));
    expect(error.message).toContain('line 22: on was inferred to be true or false');
  });

  it('is as strict when the import is resumed with the collection opened again', async () => {
    const pad = 'x'.repeat(100);
    const rows = Array.from({ length: 30_000 }, (_, i) => `${i},${pad}`);
    const file = fileOf('a.csv', lines('n,pad', ...rows, `007,${pad}`));
    const { schema } = await inferSchema(file);
    const { env, items } = collectionOf({ key: tuple, value: schema });
    const options = { key: 'n', maxMemoryBytes: 4 * 2 ** 20 };
    expect(await failure(importRecords(items, file, options))).toMatchObject({ line: 30_002 });
    expect(items.count()).toBeGreaterThan(0);
    const Same = struct({ n: t.optional(t.f64), pad: t.optional(t.utf8) });
    const again = env.collection('items', { key: tuple, value: Same });
    const error = await failure(importRecords(again as never, file, { ...options, resume: true }));
    expect(error.message).toContain('line 30002: n was inferred to be a number');
  });

  it('leaves declared types as lenient as they are', async () => {
    const file = fileOf('a.csv', 'id,n,m\na,1,1\nb,007,2\nc,3,007\n');
    const { schema } = await inferSchema(file, { sample: 1, schema: struct({ n: t.f64 }) });
    const { items: guessed } = collectionOf({ key: tuple, value: schema });
    const { errors } = await importRecords(guessed, file, { key: 'id', onError: 'skip' });
    expect(errors?.map(({ line }) => line)).toEqual([4]);
    expect(errors?.[0]?.message).toContain('m was inferred to be a number');
    const { items } = collectionOf({ key: tuple, value: struct({ n: t.f64, on: t.bool }) });
    await importRecords(items, fileOf('a.csv', 'n,on\n007,1\n+1e3,0\n'), { key: 'n' });
    expect(
      items
        .range()
        .values()
        .map((value) => value.toObject())
        .toArray(),
    ).toEqual([
      { n: 7, on: true },
      { n: 1000, on: false },
    ]);
  });
});
