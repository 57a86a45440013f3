// Exports carry the times of values that expire, and imports restore them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  exportRecords,
  type ImportOptions,
  importRecords,
  json,
  struct,
  t,
  utf8,
  type Value,
} from '../../lib/index.ts';
import { compiledTools } from '../interop/tools.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { openAt, openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

const HOUR = 3_600_000;
const FORMATS = ['ndjson', 'json', 'csv', 'tsv', 'dump'] as const;
type Options = Omit<ImportOptions, 'format'>;

const fileFor = (name: string): string => join(mkdtempSync(join(temporaryFolder(), 'x')), name);

/** A collection of this name with three values: one with a time, one that stays, one that has expired. */
function sessions(codecs: object = { value: json }, text?: string) {
  const env = openTemporary({ sweep: false });
  const items = env.collection('sessions', { key: utf8, ...codecs, expires: true } as never) as ReturnType<
    typeof env.collection<string, unknown, string, unknown>
  >;
  const time = shiftedNow() + HOUR;
  items.putUntil('a', text ?? { user: 'ann', expires: 5 }, time);
  items.put('b', text ?? { user: 'bob', expires: 6 });
  items.putUntil('c', text ?? { user: 'carl', expires: 7 }, shiftedNow() + 1);
  pass(2);
  return { env, items, time };
}

const contentOf = (items: { range(): Iterable<{ key: unknown; value: unknown; expires: number | undefined }> }) =>
  Array.from(items.range(), ({ key, value, expires }) => [String(key), JSON.stringify(value), expires]);

test.each(FORMATS)('%s has the times, and an import restores them, whatever the time to live there', async (format) => {
  for (const codecs of [{ value: json }, { value: struct({ user: t.utf8, expires: t.u32 }) }, { keys: 'any' }]) {
    const { env, items, time } = sessions({ value: json, ...codecs });
    const path = fileFor('out');
    expect(await exportRecords(items, path, { format })).toMatchObject({ rows: 2 });
    const other = env.collection('other', { key: utf8, value: json, ...codecs, expires: { ttl: 1 } } as never);
    expect(await importRecords(other, path, { format })).toMatchObject({ rows: 2, rejected: 0 });
    const content = contentOf(other as never);
    expect(content).toEqual(contentOf(items));
    expect(content.map(([, , expires]) => expires)).toEqual([time, Number.POSITIVE_INFINITY]);
    // A sweep knows the restored times, too.
    pass(2 * HOUR);
    expect(await env.sweep()).toBe(3);
    expect([items.stat().entries, other.stat().entries]).toEqual([1, 1]);
    pass(-2 * HOUR);
  }
});

test('what was filtered has its times, what was made by map() has none, and records without keys have none', async () => {
  const { items, time } = sessions();
  const textOf = async (source: Parameters<typeof exportRecords>[0], options = {}) => {
    const path = fileFor('out.ndjson');
    await exportRecords(source, path, options);
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  };
  const first = `{"key":"a","expires":${time},"value":{"user":"ann","expires":5}}`;
  expect(await textOf(items.range().filter(({ key }) => key === 'a'))).toEqual([first]);
  expect((await textOf(items.range().map(({ key, value }) => ({ key, value })))).length).toBe(2);
  expect((await textOf(items.range().map(({ key, value }) => ({ key, value }))))[0]).not.toContain(String(time));
  items.clear();
  items.putUntil('x', { id: 'x' }, time);
  expect(await textOf(items, { key: 'id' })).toEqual(['{"id":"x"}']);
  expect(await textOf(items)).toEqual([`{"key":"x","expires":${time},"value":{"id":"x"}}`]);
});

test.each(FORMATS)(
  '%s of a collection in which nothing has a time is what it would be without expires',
  async (format) => {
    const env = openTemporary();
    const [plain, expiring] = [false, true].map((expires) => {
      // The collections have the same name, which a dump has.
      const folder = openTemporary();
      const items = folder.collection('items', { key: utf8, value: json, expires } as never);
      for (const id of ['x', 'y']) items.put(id as never, { id, n: 1 } as never);
      return items;
    });
    const [one, other] = [fileFor('out'), fileFor('out')];
    await exportRecords(plain as never, one, { format });
    await exportRecords(expiring as never, other, { format });
    expect(readFileSync(other)).toEqual(readFileSync(one));
    env.close();
  },
);

test('records without times get the time to live of the program, as before', async () => {
  const env = openTemporary({ sweep: false });
  const items = env.collection('items', { key: utf8, value: json, expires: { ttl: HOUR } });
  const load = (text: string, format: 'ndjson' | 'csv', options: Options = {}) =>
    importRecords(items, Readable.from([text]), { format, ...options });
  await load('{"key":"a","value":{"expires":1}}\n{"key":"b","expires":0,"value":2}\n', 'ndjson');
  // Columns that are not just these are fields of the value.
  await load('key,expires,value,more\nc,1,2,3\n', 'csv');
  await load('{"id":"d","expires":1,"value":2}\n', 'ndjson', { key: 'id' });
  const records = env.collection('records', {
    key: utf8,
    value: struct({ id: t.utf8, n: t.u32 }),
    expires: { ttl: HOUR },
  });
  await importRecords(records, Readable.from(['{"id":"a","n":1}\n{"n":2,"id":"b"}\n']), {
    format: 'ndjson',
    key: 'id',
  });
  expect(contentOf(records).map(([key, value, expires]) => [key, value, expires !== Number.POSITIVE_INFINITY])).toEqual(
    [
      ['a', '{"id":"a","n":1}', true],
      ['b', '{"id":"b","n":2}', true],
    ],
  );
  expect(contentOf(items).map(([key, value, expires]) => [key, value, expires === Number.POSITIVE_INFINITY])).toEqual([
    ['a', '{"expires":1}', false],
    ['b', '2', true],
    ['c', '{"expires":"1","value":"2","more":"3"}', false],
    ['d', '{"id":"d","expires":1,"value":2}', false],
  ]);
});

test('times are restored also where rows have to be sorted, and a lost one is an error', async () => {
  const { env, time } = sessions();
  const items = env.collection('sorted', { key: utf8, value: json, expires: true });
  const lines = Array.from({ length: 12_000 }, (_, i) => {
    const key = ((i * 7919) % 12_000).toString().padStart(6, '0');
    return `{"key":"${key}","expires":${time + i},"value":"${'x'.repeat(60)}"}\n`;
  });
  await importRecords(items, Readable.from(lines), { format: 'ndjson', maxMemoryBytes: 4 * 2 ** 20 });
  for (const i of [0, 1, 2, 11_999]) {
    expect(items.expiresAt(((i * 7919) % 12_000).toString().padStart(6, '0'))).toBe(time + i);
  }
  const refused = async (text: string, into: object, format: 'ndjson' | 'csv' | 'dump' = 'ndjson') =>
    (await rejection(importRecords(into as never, Readable.from([text]), { format }))).code;
  for (const expires of ['-1', '"soon"', 'null', '9e15', '1.5e300']) {
    expect([expires, await refused(`{"key":"a","expires":${expires},"value":1}\n`, items)]).toEqual([
      expires,
      expect.stringMatching(/^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/),
    ]);
  }
  expect(await refused('key,expires,value\na,,1\n', items, 'csv')).toBe('ERR_INVALID_ARG_TYPE');
  const plain = env.collection('plain', { key: utf8, value: json });
  expect(await refused('{"key":"a","expires":1,"value":1}\n', plain)).toBe('ERR_INVALID_ARG_VALUE');
  const dump = (value: string) =>
    `VERSION=3\nformat=bytevalue\ntype=btree\nexpires=1\nHEADER=END\n 61\n ${value}\nDATA=END\n`;
  expect(await refused(dump('000000000000000031'), plain, 'dump')).toBe('ERR_INVALID_ARG_VALUE');
  expect(await refused(dump('0000'), items, 'dump')).toBe('ERR_INVALID_ARG_VALUE');
  expect(await refused(dump('ffffffffffffffff31'), items, 'dump')).toBe('ERR_OUT_OF_RANGE');
});

test('mdb_load takes a dump with times, which are part of the values then', async () => {
  const { items, time } = sessions({ value: utf8 }, 'text');
  const path = fileFor('out.dump');
  await exportRecords(items, path, { format: 'dump' });
  const tools = compiledTools();
  const folder = temporaryFolder();
  const { status } = spawnSync(tools.load, ['-f', path, folder]);
  expect(status).toBe(0);
  const env = openAt(folder);
  const loaded = Array.from(env.collection('sessions').range(), ({ value }) => (value as Value).toBuffer());
  expect(loaded.map((value) => [Number(value.readBigUInt64BE()), value.toString('utf8', 8)])).toEqual([
    [time, 'text'],
    [0, 'text'],
  ]);
});
