import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, inferSchema, json, struct, t, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const make = () => collectionOf({ key: utf8, value: json }).items;

async function* inPieces(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Imports a text in chunks of a size. Returns the records that were stored and those that were rejected. */
async function outcome(text: string | Buffer, size: number) {
  const items = make();
  const rejects = newPath('rejects.ndjson');
  const done = importRecords(items, inPieces(text, size), { format: 'json', key: 'id', rejects });
  const ended = await done.then(
    ({ rows, rejected }) => ({ rows, rejected }),
    (error: Error) => error.message,
  );
  const told = textOf(rejects)
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { line: number; record: string });
  return { ended, stored: items.range().values().toArray(), rejected: told.map(({ line, record }) => [line, record]) };
}

const texts: [what: string, text: string, ids: string[], rejected?: [line: number, record: string][]][] = [
  ['an array', '[{"id":"a"},{"id":"b","n":[1,{"x":"]},[\\"{"}]}]', ['a', 'b']],
  ['an array over lines', '\ufeff \r\n[\n  {\n "id" : "a" }\n,\n{"id":"b"}\n]\n\n', ['a', 'b']],
  ['an empty array', ' [ ] ', []],
  ['nothing', ' \n', []],
  ['records that follow each other', '{"id":"a"}\n\n{"id"\n:"b"}{"id":"c"}', ['a', 'b', 'c']],
  ['one record', '{"id":"ä😀\\\\\\""}', ['ä😀\\"']],
  [
    'elements that are none',
    '[{"id":"a"},\n{"id":b},{"n":1},\n,{"id":"c"} {"id":"d"}, "x", 12,{"id":"e"}}\n,{"id":"f"},]',
    ['a', 'f'],
    [
      [2, '{"id":b}'],
      [2, '{"n":1}'],
      [3, ''],
      [3, '{"id":"c"} {"id":"d"}'],
      [3, '"x"'],
      [3, '12'],
      [3, '{"id":"e"}}\n'],
      [4, ''],
    ],
  ],
  [
    'a text between records',
    '{"id":"a"} oops\n}{"id":"b"}\n"x"',
    ['a'],
    [
      [1, 'oops'],
      [2, '}{"id":"b"}'],
      [3, '"x"'],
    ],
  ],
  ['an array that is cut off', '[{"id":"a"},\n{"id":"b"}', ['a'], [[2, '{"id":"b"}']]],
  ['a record that is cut off', '{"id":"a"}\n{"id":"b', ['a'], [[2, '{"id":"b']]],
];

describe('JSON', () => {
  it.each(texts)('of %s is read alike wherever it is cut', async (_, text, ids, rejected = []) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      const { stored, ...rest } = await outcome(text, size);
      expect(stored.map((record) => (record as { id: string }).id)).toEqual(ids);
      expect(rest).toEqual({ ended: { rows: ids.length, rejected: rejected.length }, rejected });
    }
  });

  it('with something behind its array, or an array that ends behind a comma, ends the import', async () => {
    for (const size of [1, 1000]) {
      expect((await outcome('[{"id":"a"}]\n {"id":"b"}', size)).ended).toMatch(
        /line 2: there is something after the end/,
      );
      expect((await outcome('[{"id":"a"},\n', size)).ended).toMatch(/line 2: the array is not closed/);
      expect((await outcome('[', size)).ended).toMatch(/line 1: the array is not closed/);
    }
  });

  it('that is not UTF-8 is rejected with its bytes', async () => {
    const items = make();
    const rejects = newPath('rejects.ndjson');
    const text = Buffer.from('[{"id":"a"},{"id":"\xff"}]', 'latin1');
    const options = { format: 'json', key: 'id', rejects } as const;
    expect(await importRecords(items, inPieces(text, 5), options)).toMatchObject({ rows: 1, rejected: 1 });
    expect(JSON.parse(textOf(rejects))).toMatchObject({ line: 1, bytes: '7b226964223a22ff227d' });
  });

  it('keeps integers to the last digit, or refuses them', async () => {
    const { items } = collectionOf({ key: utf8, value: struct({ id: t.utf8, n: t.u64 }) });
    await importRecords(items, fileOf('a.json', '[{"id":"a","n":9007199254740993}]'), { key: 'id' });
    expect(items.get('a')?.n).toBe(9007199254740993n);
    const error = await failure(
      importRecords(make(), fileOf('a.json', '\n[\n{"id":"a","n":9007199254740993}]'), { key: 'id' }),
    );
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 3 });
  });

  it('tells a schema', async () => {
    const { schema } = await inferSchema(fileOf('a.json', '[{"id":"a","n":1},{"id":"b","ok":true}]'));
    expect(Object.fromEntries(schema.description.struct)).toEqual({
      id: { optional: 'utf8' },
      n: { optional: 'f64' },
      ok: { optional: 'bool' },
    });
  });

  it('is resumed behind what is stored', async () => {
    const pad = 'x'.repeat(400);
    const records = Array.from({ length: 30_000 }, (_, i) => ({
      id: i === 29_000 ? i : String(i).padStart(6, '0'),
      pad,
    }));
    const file = fileOf('a.json', JSON.stringify(records, undefined, 1));
    const items = make();
    const options = { key: 'id', maxMemoryBytes: 4 * 1024 * 1024 };
    expect(await failure(importRecords(items, file, options))).toMatchObject({ line: 4 * 29_000 + 2 });
    const before = items.count();
    expect(before).toBeGreaterThan(0);
    const resumed = await importRecords(items, file, { ...options, resume: true, onError: 'skip' });
    expect(resumed).toMatchObject({ rows: 29_999 - before, rejected: 1, replaced: 0 });
    expect(items.count()).toBe(29_999);
  });

  it('is exported as an array that any program reads', async () => {
    const items = make();
    const file = newPath('a.json');
    await exportRecords(items.range(), file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
    for (const id of ['a', 'b', 'c']) items.put(id, { id });
    expect(await exportRecords(items.range(), file)).toMatchObject({ rows: 3, key: ['id'] });
    expect(textOf(file)).toBe('[\n{"id":"a"},\n{"id":"b"},\n{"id":"c"}\n]\n');
  });
});
