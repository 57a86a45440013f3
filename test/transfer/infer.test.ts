import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { importRecords, inferSchema, utf8 } from '../../lib/index.ts';
import { collectionOf, openTemporary } from '../store/fixture.ts';
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

  it.each([
    ['of two types', '{"a":1}\n{"a":"x"}\n', 'line 2: a is a string here, and a number in line 1: give a schema'],
    ['that is no object', '[1]\n', 'line 1: a schema is for records that are objects'],
    ['that is no JSON', '{"a":1}\n{\n', 'line 2: not JSON'],
    ['that is not there', '\n', 'has no record'],
  ])('is not made of what is %s', async (_, text, message) => {
    expect((await failure(inferSchema(fileOf('a.ndjson', text)))).message).toContain(message);
  });
});
