import { linkSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importRecords, struct, t, tuple } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath, textOf } from './files.ts';

const Row = struct({
  id: t.utf8,
  n: t.u8,
  when: t.optional(t.date),
  tags: t.optional(t.list(t.utf8)),
  place: t.optional(t.struct({ lat: t.f64, raw: t.optional(t.bytes) })),
});
const make = () => collectionOf({ key: tuple, value: Row });
const good = { ndjson: '{"id":"good","n":1}', csv: 'good,1,,,', tsv: 'good\t1\t\t\t' } as const;
const heads = { ndjson: '', csv: 'id,n,when,tags,place\n', tsv: 'id\tn\twhen\ttags\tplace\n' } as const;

/** A line that cannot be imported, with the message and the code of its error. */
const bad: [format: keyof typeof good, line: string, said: string, code: string][] = [
  ['ndjson', '{"id":"a"}', 'value.n', 'ERR_INVALID_ARG_TYPE'],
  ['ndjson', '{"id":"a","n":"1"}', 'value.n must be a number (u8), not "1"', 'ERR_INVALID_ARG_TYPE'],
  ['ndjson', '{"id":"a","n":256}', 'value.n', 'ERR_OUT_OF_RANGE'],
  ['ndjson', '{"id":"a","n":1,"when":"soon"}', 'when', 'ERR_INVALID_ARG_VALUE'],
  ['ndjson', '{"id":"a","n":1,"tags":["x",2]}', 'tags[1]', 'ERR_INVALID_ARG_TYPE'],
  ['ndjson', '{"id":"a","n":1,"place":{"lat":"x"}}', 'place.lat', 'ERR_INVALID_ARG_TYPE'],
  ['ndjson', '{"id":"a","n":1,"place":{"lat":1,"raw":"0"}}', 'place.raw', 'ERR_INVALID_ARG_VALUE'],
  ['ndjson', '{"id":"a","n":1,"more":1}', '"more"', 'ERR_INVALID_ARG_VALUE'],
  ['ndjson', '{"n":1}', "the field 'id'", 'ERR_INVALID_ARG_VALUE'],
  ['ndjson', `{"id":"${'x'.repeat(600)}","n":1}`, 'key', 'ERR_KEY_SIZE'],
  ['ndjson', '{"id":"a","n":1', 'not JSON', 'ERR_INVALID_ARG_VALUE'],
  ['ndjson', '[1]', 'an object', 'ERR_INVALID_ARG_TYPE'],
  ['csv', 'a,,,,', 'n must be a number', 'ERR_INVALID_ARG_VALUE'],
  ['csv', 'a,256,,,', 'value.n', 'ERR_OUT_OF_RANGE'],
  ['csv', 'a,1,soon,,', 'when', 'ERR_INVALID_ARG_VALUE'],
  ['csv', 'a,1,,"[""x"",2]",', 'tags[1]', 'ERR_INVALID_ARG_TYPE'],
  ['csv', 'a,1,,[,', 'tags', 'ERR_INVALID_ARG_VALUE'],
  ['csv', 'a,1,,,"{""lat"":""x""}"', 'place.lat', 'ERR_INVALID_ARG_TYPE'],
  ['csv', 'a,1', '2 fields', 'ERR_INVALID_ARG_VALUE'],
  ['csv', `${'x'.repeat(600)},1,,,`, 'key', 'ERR_KEY_SIZE'],
  ['tsv', 'a\tone\t\t\t', 'n must be a number', 'ERR_INVALID_ARG_VALUE'],
];

describe('a line that cannot be imported', () => {
  it.each(bad)('%s %s', async (format, line, said, code) => {
    const text = heads[format] + lines(good[format], line, good[format].replace('good', 'last'));
    const file = fileOf(`rows.${format}`, text);
    const number = format === 'ndjson' ? 2 : 3;
    const stopped = make().items;
    const error = await failure(importRecords(stopped, file, { key: ['id'] }));
    expect(error).toMatchObject({ code, line: number });
    expect(error.message).toContain(`'${file}', line ${number}: `);
    expect(error.message).toContain(said);
    expect(stopped.count()).toBe(0);

    const rejects = newPath('rejects.ndjson');
    for (const options of [{ onError: 'skip' }, { rejects }] as const) {
      const { items } = make();
      const result = await importRecords(items, file, { key: ['id'], ...options });
      expect(result).toMatchObject({ rows: 2, rejected: 1, errors: [{ code, line: number }] });
      expect(result.errors?.[0]?.message).toContain(said);
      expect(items.count()).toBe(2);
    }
    const told = textOf(rejects).split('\n').slice(0, -1);
    expect(told).toHaveLength(1);
    const reject = JSON.parse(told[0] as string) as { message: string };
    expect(reject).toMatchObject({ line: number, code, record: line });
    expect(reject.message).toContain(said);
  });

  it('of a dump is left out where it is an entry that cannot be stored', async () => {
    const { items } = make();
    const entry = (key: string) => ` ${Buffer.from(key).toString('hex')}\n 00\n`;
    const text = `VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n${entry('x'.repeat(600))}${entry('a')}DATA=END\n`;
    const file = fileOf('rows.dump', text);
    const error = await failure(importRecords(items, file));
    expect(error).toMatchObject({ code: 'ERR_KEY_SIZE', line: 5 });
    const rejects = newPath('rejects.ndjson');
    expect(await importRecords(items, file, { rejects })).toMatchObject({ rows: 1, rejected: 1 });
    expect(JSON.parse(textOf(rejects))).toMatchObject({ line: 5, code: 'ERR_KEY_SIZE' });
  });

  it('that is not UTF-8 is collected as bytes', async () => {
    const { items } = make();
    const file = fileOf('rows.ndjson', Buffer.concat([Buffer.of(0x7b, 0xff, 0x0a), Buffer.from(good.ndjson)]));
    const rejects = newPath('rejects.ndjson');
    expect(await importRecords(items, file, { key: ['id'], rejects })).toMatchObject({ rows: 1, rejected: 1 });
    expect(JSON.parse(textOf(rejects))).toMatchObject({ line: 1, bytes: '7bff' });
  });
});

describe('the file of rejects', () => {
  const file = () => fileOf('rows.ndjson', lines('{"id":1}', good.ndjson));

  it.each([
    [{ onError: 'stop', rejects: 'a.ndjson' }, 'no record is left out'],
    [{ onError: 'a.ndjson' }, "onError must be 'stop' or 'skip'"],
    [{ rejects: 7 }, 'rejects must be a path'],
  ])('is a path beside onError: %j is refused', async (options, says) => {
    const { items } = make();
    const error = await failure(importRecords(items, file(), { key: ['id'], ...options } as never));
    expect(error.code).toMatch(/ERR_INVALID_ARG_(VALUE|TYPE)/);
    expect(error.message).toContain(says);
    expect(items.count()).toBe(0);
  });

  it('cannot be the one that is imported, under whatever name', async () => {
    const { items } = make();
    const source = file();
    const folder = dirname(source);
    symlinkSync(source, join(folder, 'symbolic'));
    linkSync(source, join(folder, 'hard'));
    for (const rejects of [source, join(folder, '.', 'rows.ndjson'), join(folder, 'symbolic'), join(folder, 'hard')]) {
      const error = await failure(importRecords(items, source, { key: ['id'], rejects }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain('is the file that is imported');
    }
    expect(textOf(source)).toBe(lines('{"id":1}', good.ndjson));
  });

  it.runIf(readdirSync('/dev').includes('full'))(
    'that cannot be written ends the import, and nothing is stored',
    async () => {
      const { items } = make();
      const error = await failure(importRecords(items, file(), { key: ['id'], rejects: '/dev/full' }));
      expect(error).toMatchObject({ code: 'ENOSPC' });
      expect(error.message).toContain("cannot write the rejects to '/dev/full'");
      expect(error.message).toContain('Nothing was stored');
      expect(items.count()).toBe(0);
    },
  );

  it('may be a device', async () => {
    const { items } = make();
    const options = { key: ['id'], rejects: '/dev/null' };
    expect(await importRecords(items, file(), options)).toMatchObject({ rows: 1, rejected: 1 });
  });
});
