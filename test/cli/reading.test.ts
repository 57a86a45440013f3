import { describe, expect, test } from 'vitest';
import { fileOf, lines, newPath } from '../transfer/files.ts';
import { jsonOf, leasehold, linesOf } from './command.ts';
import { makeDatabase } from './world.ts';

/** What is stored of a file, as JSON. */
async function imported(file: string, ...options: string[]): Promise<unknown[]> {
  const db = newPath('db');
  const { status, stderr } = await leasehold(['import', db, 'c', file, ...options]);
  expect([status, stderr]).toEqual([0, '']);
  return ((await jsonOf(['scan', db, 'c'])) as { value: unknown }[]).map(({ value }) => value);
}

describe('import of real files', () => {
  test.each<[what: string, content: string | Buffer, ...options: string[]]>([
    ['with a delimiter', lines('id;n', 'a;1'), '--delimiter', ';'],
    ['with tabs', lines('id\tn', 'a\t1'), '--delimiter', '\\t'],
    ['with another quote', lines('id,n', "'a',1"), '--quote', "'"],
    ['with lines before the header', lines('made by hand', '', 'id,n', 'a,1'), '--skip', '2'],
    ['with comments', lines('# made by hand', 'id,n', '#x,2', 'a,1'), '--comment', '#'],
    ['without a header', lines('a,1'), '--columns', 'id,n'],
    ['with other names in the header', lines('ID,N', 'a,1'), '--columns', 'id,n', '--header'],
    ['in UTF-16', Buffer.from('\ufeffid,n\na,1\n', 'utf16le'), '--encoding', 'utf-16le'],
  ])('%s', async (_, content, ...options) => {
    expect(await imported(fileOf('a.csv', content), '--key', 'id', ...options)).toEqual([{ id: 'a', n: 1 }]);
  });

  test('with texts for absent fields, without names of columns, and with quotes that are none', async () => {
    const nulls = fileOf('a.csv', lines('id,n,text', 'a,NA,x', 'b,1,-'));
    expect(await imported(nulls, '--key', 'id', '--null', 'NA', '--null', '-')).toEqual([
      { id: 'a', text: 'x' },
      { id: 'b', n: 1 },
    ]);
    expect(await imported(fileOf('a.csv', lines('a,1')), '--key', 'column1', '--no-header')).toEqual([
      { column1: 'a', column2: 1 },
    ]);
    expect(await imported(fileOf('a.csv', lines('id,n', 'a,5"')), '--key', 'id', '--no-quote')).toEqual([
      { id: 'a', n: '5"' },
    ]);
  });

  test('whose fields are of other types than the sample tells', async () => {
    const file = fileOf('a.ndjson', lines('{"id":1,"n":1,"tags":[]}', '{"id":9007199254740993,"n":"x","tags":["y"]}'));
    const types = ['--type', 'id=u64', '--type', 'n=utf8?', '--type', 'tags={"list":"utf8"}'];
    const texts = fileOf('a.csv', lines('id,n,tags', '1,01,[]', '9007199254740993,2,"[""y""]"'));
    expect(await imported(texts, '--key', 'id', '--sample', '1', ...types)).toEqual([
      { id: 1, n: '01', tags: [] },
      { id: '9007199254740993', n: '2', tags: ['y'] },
    ]);
    const db = newPath('db');
    const ran = await leasehold(['import', db, 'c', file, '--key', 'id', '--on-error', 'skip', ...types]);
    // A number is not a text: the record is rejected and the number is not converted.
    expect([ran.status, JSON.parse(ran.stdout)]).toMatchObject([0, { rows: 1, rejected: 1 }]);
    expect(await linesOf(['schema', db, 'c'])).toEqual([
      '{',
      '  "id": "u64",',
      '  "n": {"optional":"utf8"},',
      '  "tags": {"list":"utf8"}',
      '}',
    ]);
    const again = await leasehold(['import', db, 'c', file, '--key', 'id', ...types]);
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("'c' is there")]);
  });

  test.each([
    ['--type', 'id=u65'],
    ['--type', 'id'],
    ['--type', 'id={'],
    ['--delimiter', ''],
    ['--quote', '""'],
    ['--encoding', 'klingon'],
    ['--skip', 'x'],
    ['--sample', '0'],
    ['--format', 'ndjson', '--delimiter', ';'],
  ])('%s %s is a mistake of who typed it, and makes no database', async (...options) => {
    const db = newPath('db');
    expect((await leasehold(['import', db, 'c', fileOf('a.csv', 'id\n1\n'), '--key', 'id', ...options])).status).toBe(
      2,
    );
    expect((await leasehold(['stat', db])).stderr).toContain('ENOENT');
  });
});

describe('schema', () => {
  test('of a file is what an import takes', async () => {
    const csv = fileOf('a.csv', lines('id;n;ok', 'a;1;true', 'b;;false'));
    const args = ['--delimiter', ';', '--type', 'n=u8?'];
    const printed = (await linesOf(['schema', csv, ...args])).join('\n');
    expect(JSON.parse(printed)).toEqual({ id: { optional: 'utf8' }, n: { optional: 'u8' }, ok: { optional: 'bool' } });
    expect(await imported(csv, '--key', 'id', '--delimiter', ';', '--schema', fileOf('a.json', printed))).toEqual([
      { id: 'a', n: 1, ok: true },
      { id: 'b', ok: false },
    ]);
    expect(await linesOf(['schema', '-', '--format', 'csv', ...args], lines('id;n', 'a;1'))).toHaveLength(4);
  });

  test('of a collection makes another of its kind, with what was exported', async () => {
    const db = makeDatabase();
    const schema = fileOf('cities.json', (await linesOf(['schema', db, 'cities'])).join('\n'));
    const other = newPath('other');
    const csv = (await leasehold(['export', db, 'cities', '--format', 'csv'])).stdout;
    const args = ['import', other, 'cities', '-', '--format', 'csv', '--key', 'country,name', '--schema', schema];
    expect((await leasehold(args, csv)).status).toBe(0);
    const dump = async (from: string) =>
      (await leasehold(['export', from, 'cities', '--format', 'dump'])).stdout.replace(/mapsize.*/, '');
    expect(await dump(other)).toBe(await dump(db));
  });

  test.each([
    [1, 'no schema: their codec is msgpack', 'words'],
    [3, 'ERR_NO_COLLECTION', 'towns'],
  ])('that there is not: %s, %s', async (status, told, name) => {
    const ran = await leasehold(['schema', makeDatabase(), name]);
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringContaining(told)]);
  });
});
