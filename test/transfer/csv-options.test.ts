import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, inferSchema, json, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath, textOf } from './files.ts';

async function imported(name: string, content: string | Uint8Array, options: object): Promise<unknown[]> {
  const { items } = collectionOf({ key: tuple, value: json });
  let count = 0;
  await importRecords(items, fileOf(name, content), { key: () => [count++], ...options });
  return items.range().values().toArray();
}

describe('an option of CSV', () => {
  it.each<[string, string, object, unknown[]]>([
    ['delimiter: a character', 'a;b\n1;"2;3"\n', { delimiter: ';' }, [{ a: '1', b: '2;3' }]],
    [
      'delimiter: several',
      'a||b\n1||"2||3"\n4||\n',
      { delimiter: '||' },
      [
        { a: '1', b: '2||3' },
        { a: '4', b: '' },
      ],
    ],
    ['delimiter: not ASCII', 'a→b\n1→2\n', { delimiter: '→' }, [{ a: '1', b: '2' }]],
    ['quote: a character', "a,b\n'1,''2',\"3\"\n", { quote: "'" }, [{ a: "1,'2", b: '"3"' }]],
    ['quote: none', 'a,b\n"1",2"\n', { quote: false }, [{ a: '"1"', b: '2"' }]],
    [
      'header: false',
      '1,2\n3,4\n',
      { header: false },
      [
        { column1: '1', column2: '2' },
        { column1: '3', column2: '4' },
      ],
    ],
    ['columns beside a header', 'a,b\n1,2\n', { columns: ['x', 'y'], header: true }, [{ x: '1', y: '2' }]],
    ['columns', '1,2\n', { columns: ['x', 'y'] }, [{ x: '1', y: '2' }]],
    ['null: a text', 'a,b\nNA,"NA"\n', { null: 'NA' }, [{ b: 'NA' }]],
    ['null: several', 'a,b\nNA,x\n\\N,y\n', { null: ['NA', '\\N'] }, [{ b: 'x' }, { b: 'y' }]],
    [
      'comment',
      '# a,b\na,b\n1,#2\n#3,4\n"#5",6\n',
      { comment: '#' },
      [
        { a: '1', b: '#2' },
        { a: '#5', b: '6' },
      ],
    ],
    ['skip', 'Report "2024\n\na,b\n1,2\n', { skip: 2 }, [{ a: '1', b: '2' }]],
    ['skip: more than there is', 'a,b\n1,2', { skip: 9 }, []],
  ])('%s', async (_, text, options, records) => {
    expect(await imported('a.csv', text, options)).toEqual(records);
  });

  it('skip counts in the lines of errors', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    const file = fileOf('a.csv', 'title\n\na,b\n1,2\n3\n');
    expect(await failure(importRecords(items, file, { key: 'a', skip: 2 }))).toMatchObject({ line: 5 });
  });

  it.each([
    ['delimiter', 5, 'ERR_INVALID_ARG_TYPE'],
    ['delimiter', '', 'ERR_INVALID_ARG_VALUE'],
    ['delimiter', 'a\n', 'ERR_INVALID_ARG_VALUE'],
    ['delimiter', '"', 'ERR_INVALID_ARG_VALUE'],
    ['quote', '""', 'ERR_INVALID_ARG_VALUE'],
    ['quote', 'é', 'ERR_INVALID_ARG_VALUE'],
    ['quote', ',', 'ERR_INVALID_ARG_VALUE'],
    ['quote', 1, 'ERR_INVALID_ARG_TYPE'],
    ['null', 1, 'ERR_INVALID_ARG_TYPE'],
    ['null', [1], 'ERR_INVALID_ARG_TYPE'],
    ['comment', '', 'ERR_INVALID_ARG_VALUE'],
    ['skip', -1, 'ERR_OUT_OF_RANGE'],
    ['skip', '1', 'ERR_INVALID_ARG_TYPE'],
    ['header', 1, 'ERR_INVALID_ARG_TYPE'],
    ['columns', 'a', 'ERR_INVALID_ARG_TYPE'],
    ['columns', ['a', 'a'], 'ERR_INVALID_ARG_VALUE'],
    ['encoding', 1, 'ERR_INVALID_ARG_TYPE'],
    ['encoding', 'ebcdic', 'ERR_INVALID_ARG_VALUE'],
  ])('%s: %j is refused', async (name, value, code) => {
    const { items } = collectionOf({ key: utf8, value: json });
    const file = fileOf('a.csv', 'a,b\n1,2\n');
    expect(await failure(importRecords(items, file, { key: 'a', [name]: value }))).toMatchObject({ code });
    expect(await failure(inferSchema(file, { [name]: value }))).toMatchObject({ code });
  });

  it('is refused for a format that has no use for it', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    const file = fileOf('a.ndjson', '{"a":"1"}\n');
    for (const option of [{ skip: 1 }, { columns: ['a'] }, { delimiter: ';' }]) {
      const error = await failure(importRecords(items, file, { key: 'a', ...option }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain(`the option '${Object.keys(option)[0]}' is for CSV and TSV`);
    }
  });

  it('is that of the schema too', async () => {
    const { schema } = await inferSchema(fileOf('a.csv', 'x\na;b\n1;NA\n'), { skip: 1, delimiter: ';', null: 'NA' });
    expect(schema.description.struct).toEqual([
      ['a', { optional: 'f64' }],
      ['b', { optional: 'utf8' }],
    ]);
  });
});

describe('an encoding', () => {
  const text = 'id,name\n1,café €\n';

  it.each([
    ['utf-16le', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['utf-16be', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['windows-1252', Buffer.from(text.replace('€', '\x80'), 'latin1')],
    ['utf-8', Buffer.from(text)],
  ])('%s is read as it is meant, in files and in chunks', async (encoding, bytes) => {
    expect(await imported('a.csv', bytes, { encoding })).toEqual([{ id: '1', name: 'café €' }]);
    const { items } = collectionOf({ key: utf8, value: json });
    const chunks = [...bytes].map((byte) => Buffer.of(byte));
    await importRecords(
      items,
      (async function* () {
        yield* chunks;
      })(),
      { format: 'csv', key: 'id', encoding },
    );
    expect(items.get('1')).toEqual({ id: '1', name: 'café €' });
  });

  it('of NDJSON too; what it cannot hold is an error, and never U+FFFD', async () => {
    const bytes = Buffer.from('{"a":"é"}\n', 'utf16le');
    expect(await imported('a.ndjson', bytes, { encoding: 'utf-16le' })).toEqual([{ a: 'é' }]);
    const { items } = collectionOf({ key: utf8, value: json });
    const cut = fileOf('a.csv', bytes.subarray(0, bytes.length - 1));
    const error = await failure(importRecords(items, cut, { key: 'a', encoding: 'utf-16le' }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain('is not utf-16le');
  });

  it('is named where a file is UTF-16, and refused for a dump', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    const file = fileOf('a.csv', Buffer.from(`\ufeff${text}`, 'utf16le'));
    expect((await failure(importRecords(items, file, { key: 'id' }))).message).toContain("give `encoding` 'utf-16le'");
    const dump = fileOf('a.dump', '');
    expect(await failure(importRecords(items, dump, { encoding: 'utf-16le' }))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
  });
});

describe('TSV', () => {
  it('takes fields as they stand there, quotes and backslashes too', async () => {
    const text = lines('id\ttitle\tnote', '1\t"Heroes"\t""', '2\t"Rome\t', '3\tC:\\new\t\\:D', '4\t5" disk\ta"b"');
    expect(await imported('a.tsv', text, {})).toEqual([
      { id: '1', title: '"Heroes"', note: '""' },
      { id: '2', title: '"Rome', note: '' },
      { id: '3', title: 'C:\\new', note: '\\:D' },
      { id: '4', title: '5" disk', note: 'a"b"' },
    ]);
  });

  it('has quotes with the option `quote`', async () => {
    const text = 'id\ttitle\n1\t"a\tb\n""c"""\n';
    expect(await imported('a.tsv', text, { quote: true })).toEqual([{ id: '1', title: 'a\tb\n"c"' }]);
  });

  it('is written without tabs and line ends in fields, and read again as what it was', async () => {
    const Row = struct({ id: t.u32, text: t.utf8, maybe: t.optional(t.utf8) });
    const texts = [
      '',
      'a\tb',
      'a\nb',
      'a\r',
      '\\t',
      '\\:',
      '\\:\\t',
      '\\:D',
      '"q"',
      '\ufeffx',
      'C:\\new\tline',
      '\\\\',
    ];
    const { items } = collectionOf({ key: tuple, value: Row });
    for (const [id, text] of texts.entries()) items.put([id], { id, text, maybe: text });
    items.put([texts.length], { id: texts.length, text: '', maybe: undefined });
    const file = newPath('a.tsv');
    await exportRecords(items.range(), file);
    const written = textOf(file).split('\n').slice(0, -1);
    expect(written).toHaveLength(texts.length + 2);
    expect(written.every((line) => line.split('\t').length === 3)).toBe(true);
    const { items: again } = collectionOf({ key: tuple, value: Row });
    await importRecords(again, file, { key: 'id' });
    expect(
      again
        .range()
        .values()
        .map(({ text, maybe }) => [text, maybe])
        .toArray(),
    ).toEqual([...texts.map((text) => [text, text]), ['', undefined]]);
  });
});

describe('CSV', () => {
  it('is written so that every text is read again as what it was', async () => {
    const Row = struct({ text: t.utf8, maybe: t.optional(t.utf8) });
    const texts = ['', 'a\r', '\r', '\n', '"', ',', '\ufeff', ' a ', '\\:', '\0', 'a"b'];
    const { items } = collectionOf({ key: tuple, value: Row });
    for (const [id, text] of texts.entries()) items.put([id], { text, maybe: text });
    const file = newPath('a.csv');
    await exportRecords(items.range(), file);
    const { items: again } = collectionOf({ key: tuple, value: Row });
    await importRecords(again, file);
    expect(
      again
        .range()
        .values()
        .map(({ text, maybe }) => [text, maybe])
        .toArray(),
    ).toEqual(texts.map((text) => [text, text]));
  });
});
