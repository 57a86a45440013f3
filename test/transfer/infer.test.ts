import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { importRecords, inferSchema, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf, openTemporary } from '../support/fixture.ts';
import { failure, fileOf, lines } from './files.ts';

describe('an inferred schema', () => {
  it('makes numbers f64 and every field optional, in the order in which they appear', async () => {
    const file = fileOf(
      'a.ndjson',
      lines('{"id":"a","n":1}', '{"id":"b","on":true,"n":null}', '{"id":"c","none":null}'),
    );
    const { schema, source, rows } = await inferSchema(file);
    expect(schema.description).toEqual({
      struct: [
        ['id', { optional: 'utf8' }],
        ['n', { optional: 'f64' }],
        ['on', { optional: 'bool' }],
        ['none', { optional: 'utf8' }],
      ],
    });
    expect(rows).toBe(3);
    const items = openTemporary().collection('items', { key: utf8, value: schema });
    await importRecords(items, source, { key: 'id' });
    expect(
      items
        .range()
        .values()
        .map((value) => (value as { toObject(): object }).toObject())
        .toArray(),
    ).toEqual([{ id: 'a', n: 1 }, { id: 'b', on: true }, { id: 'c' }]);
  });

  it('of CSV takes for numbers only what is written as numbers are, and leaves texts untrimmed', async () => {
    const text = lines('id,zip,n,mixed, x,on', 'a,007,1.5,1, y ,true', 'b,123,-2,x,,false', 'c,,,,z,');
    const { schema, source } = await inferSchema(fileOf('a.csv', text));
    expect(Object.fromEntries(schema.description.struct)).toEqual({
      id: { optional: 'utf8' },
      zip: { optional: 'utf8' },
      n: { optional: 'f64' },
      mixed: { optional: 'utf8' },
      ' x': { optional: 'utf8' },
      on: { optional: 'bool' },
    });
    const items = openTemporary().collection('items', { key: utf8, value: schema });
    await importRecords(items, source, { key: 'id' });
    expect((items.get('a') as { toObject(): object }).toObject()).toEqual({
      id: 'a',
      zip: '007',
      n: 1.5,
      mixed: '1',
      ' x': ' y ',
      on: true,
    });
    expect((items.get('c') as { toObject(): object }).toObject()).toEqual({ id: 'c', ' x': 'z' });
  });

  it('of a stream leaves the stream to be imported, whole', async () => {
    const text = lines(...Array.from({ length: 5000 }, (_, i) => `{"id":"${i}","n":${i}}`));
    const chunks = text.match(/[\s\S]{1,1000}/g) as string[];
    const { schema, source, rows } = await inferSchema(Readable.from(chunks), { sample: 10 });
    expect(rows).toBe(10);
    const items = openTemporary().collection('items', { key: utf8, value: schema });
    expect(await importRecords(items, source, { key: 'id' })).toMatchObject({ rows: 5000 });
  });

  it('refuses, with its line, a field that first appears after the sample', async () => {
    const text = lines('{"id":"a"}', '{"id":"b"}', '{"id":"c","late":1}');
    const file = fileOf('a.ndjson', text);
    const { schema } = await inferSchema(file, { sample: 2 });
    const { items } = collectionOf({ key: utf8, value: schema });
    const error = await failure(importRecords(items, file, { key: 'id' }));
    expect(error.message).toContain(`'${file}', line 3: the struct has no field "late"`);
  });

  it.each<[string, string[], unknown]>([
    ['an empty list', ['{"a":[]}', '{"a":[1]}'], { optional: { list: 'f64' } }],
    [
      'an empty list of objects',
      ['{"a":[]}', '{"a":[{"b":1}]}'],
      { optional: { list: { struct: [['b', { optional: 'f64' }]] } } },
    ],
    ['a list of nulls', ['{"a":[null]}', '{"a":[1]}'], { optional: { list: { optional: 'f64' } } }],
    ['a null in a list', ['{"a":[1,null]}', '{"a":[2]}'], { optional: { list: { optional: 'f64' } } }],
    ['lists in lists', ['{"a":[[],[1]]}', '{"a":[[null]]}'], { optional: { list: { list: { optional: 'f64' } } } }],
    [
      'a null in an object',
      ['{"a":{"b":null}}', '{"a":{"b":5}}'],
      { optional: { struct: [['b', { optional: 'f64' }]] } },
    ],
    [
      'what stays unknown',
      ['{"a":{"b":[],"c":null}}'],
      {
        optional: {
          struct: [
            ['b', { optional: { list: 'utf8' } }],
            ['c', { optional: 'utf8' }],
          ],
        },
      },
    ],
  ])('takes %s for unknown, not for text', async (_, records, type) => {
    for (const text of [records, [...records].reverse()]) {
      const file = fileOf('a.ndjson', lines(...text));
      const { schema } = await inferSchema(file);
      expect(schema.description.struct).toEqual([['a', type]]);
      const { items } = collectionOf({ key: uint32, value: schema });
      let count = 0;
      expect(await importRecords(items, file, { key: () => count++ })).toMatchObject({ rows: records.length });
    }
  });

  it.each([
    ['space before quotes', 'a.csv', 'id, a\n1, "x"\n', 'line 2: field 2 has a quote in it'],
    ['trailing commas', 'a.csv', 'id,a\n1,x,\n2,y,\n', 'line 2: the row has 3 fields, and there are 2 columns'],
    ['JSON over several lines', 'a.ndjson', '{\n  "id": 1\n}\n', 'line 1: not JSON'],
    [
      'a title',
      'a.csv',
      'Report of 2024\n\nid,a\n1,x\n',
      'line 3: the row has 2 fields, and there is 1 column, "Report of 2024"; if there are lines of text above the header, give `skip`',
    ],
    ['carriage returns', 'a.csv', 'id,a\r1,x\r2,y\r', 'line 1: the name of a column has a carriage return'],
    [
      'another delimiter',
      'a.csv',
      'id;a\n1;1,5\n',
      'line 2: the row has 2 fields, and there is 1 column; if ";" separates the fields, give it as `delimiter`',
    ],
    ['nothing', 'a.csv', 'id,a\n', 'has no record to infer a schema from'],
  ])('of a file with %s alone is refused with the reason', async (_, name, text, reason) => {
    for (const onError of ['skip', 'stop'] as const) {
      const error = await failure(inferSchema(fileOf(name, text), { onError }));
      expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
      expect(error.message).toContain(reason);
    }
  });

  it.each([
    ['{"a":{"b":[1]}}', '{"a":{"b":["x"]}}', 'line 2: a.b[] is a string here, and a number before'],
    ['{"a":1}', '{"a":[1,"x"]}', 'line 2: a[] is a string here, and a number before'],
    ['{"a":{"b":1}}', '{"a":[]}', 'line 2: a is an array here, and an object in line 1'],
  ])('names the part that is of two types: %s %s', async (one, other, message) => {
    expect((await failure(inferSchema(fileOf('a.ndjson', lines(one, other))))).message).toContain(message);
  });

  it('of what is nested too deep says so', async () => {
    const file = fileOf('a.ndjson', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`);
    expect((await failure(inferSchema(file, { onError: 'skip' }))).message).toContain('nested too deep');
  });

  it.each([
    ['of two types', '{"a":1}\n{"a":"x"}\n', 'line 2: a is a string here, and a number in line 1: give a schema'],
    ['that is no object', '[1]\n', 'line 1: a schema is for records that are objects'],
    ['that is no JSON', '{"a":1}\n{\n', 'line 2: not JSON'],
    ['that is not there', '\n', 'has no record'],
  ])('is not made of what is %s', async (_, text, message) => {
    expect((await failure(inferSchema(fileOf('a.ndjson', text)))).message).toContain(message);
  });
});
