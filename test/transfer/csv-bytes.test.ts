import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importRecords, json, uint32 } from '../../lib/index.ts';
import { CsvReader } from '../../lib/transfer/csv/csv-reader.ts';
import { type CsvOptions, csvSyntaxOf } from '../../lib/transfer/csv/csv-syntax.ts';
import { Input } from '../../lib/transfer/io/input.ts';
import { START } from '../../lib/transfer/reader.ts';
import { collectionOf } from '../support/fixture.ts';
import { newPath, textOf } from './files.ts';

type Format = 'csv' | 'tsv';

/** A row as the reader hands it over: its line, its bytes, and its fields or why it was refused. */
interface Row {
  readonly line: number;
  readonly raw: string;
  readonly fields?: readonly unknown[];
  readonly reason?: string;
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

/** Columns are `c0`, `c1`; bytes are shown as latin1. */
async function read(bytes: Buffer, size: number, format: Format, options: CsvOptions = {}): Promise<Row[]> {
  const source = await Input.open(chunksOf(bytes, size), undefined, 0);
  const syntax = csvSyntaxOf(format, { columns: ['c0', 'c1'], ...options });
  const reader = new CsvReader(source, START, syntax, undefined);
  const rows: Row[] = [];
  const raw = () => reader.raw().toString('latin1');
  while (await reader.fetch()) {
    reader.handOver({
      json: undefined,
      entry() {},
      record: (fields, line) => rows.push({ line, raw: raw(), fields: Object.values(fields as object) }),
      reject: (error, line) => rows.push({ line, raw: raw(), reason: (error as Error).message }),
    });
  }
  return rows;
}

/** Checks that the rows, blank lines and comments are all of the input, one after the other, and that each line is the right one. */
function checkAllBytes(bytes: Buffer, rows: readonly Row[], comment?: string): void {
  const text = bytes.toString('latin1');
  let at = 0;
  let line = 1;
  const passLine = () => {
    const end = text.indexOf('\n', at);
    at = end < 0 ? text.length : end + 1;
    line++;
  };
  const passBlank = () => {
    while (
      at < text.length &&
      (/^\r?(?:\n|$)/.test(text.slice(at, at + 2)) || (comment && text.startsWith(comment, at)))
    ) {
      passLine();
    }
  };
  for (const { raw, line: told } of rows) {
    passBlank();
    if (told !== line || raw === '' || !text.startsWith(raw, at)) {
      expect({ line: told, raw }).toEqual({ line, raw: text.slice(at, at + Math.max(1, raw.length)) });
    }
    line += raw.split('\n').length - 1;
    at += raw.length;
    if (!/^\r?(?:\n|$)/.test(text.slice(at, at + 2)))
      throw new Error(`the row of line ${told} does not end with its line`);
    passLine();
  }
  passBlank();
  expect(at).toBe(text.length);
}

const parts = [
  '"\u00e9',
  'a',
  'b',
  '"',
  '"',
  '""',
  ',',
  ',',
  '\t',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\u00e9',
  ' ',
  '\0',
  '#',
  '\\',
  '\\:',
];
const polluted = fc
  .array(fc.constantFrom(...parts.map((part) => Buffer.from(part)), Buffer.of(0xff)), { maxLength: 40 })
  .map((all) => Buffer.concat(all));

describe.each<[Format, CsvOptions]>([
  ['csv', {}],
  ['csv', { quote: false }],
  ['csv', { comment: '#', delimiter: '\t' }],
  ['tsv', {}],
  ['tsv', { quote: true }],
])('any bytes, as %s with %j,', (format, options) => {
  it('are rows, refused rows, blank lines or comments, whatever chunks they come in', async () => {
    for (const bytes of fc.sample(polluted, 300)) {
      const rows = await read(bytes, 1000, format, options);
      checkAllBytes(bytes, rows, options.comment);
      for (const size of [1, 2, 3, 7]) expect(await read(bytes, size, format, options)).toEqual(rows);
    }
  });
});

describe('the rows of CSV', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é'), maxLength: 6 });
  const written = fc.record({
    rows: fc.array(fc.tuple(cell, cell), { maxLength: 6 }),
    end: fc.constantFrom('\n', '\r\n'),
  });
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  it('are those that were written', async () => {
    for (const { rows, end } of fc.sample(written, 500)) {
      const text = rows.map((row) => `${row.map(quoted).join()}${end}`).join('');
      const bytes = Buffer.from(text);
      for (const size of [1, 5, 1000]) {
        expect((await read(bytes, size, 'csv')).map(({ fields }) => fields)).toEqual(rows);
      }
    }
  });

  it('are those that csv-parse finds in a text that it takes', async () => {
    const wild = fc.array(fc.constantFrom('a', '"', '""', ',', '\n', '"\n', ',"', '"a,"'), { maxLength: 16 });
    for (const text of fc.sample(wild, 500).map((all) => all.join(''))) {
      let expected: string[][];
      try {
        expected = parse(text, { relax_column_count: true, skip_empty_lines: true });
      } catch {
        continue;
      }
      const rows = await read(Buffer.from(text), 1000, 'csv', { header: false });
      for (const [i, row] of rows.entries()) {
        if (row.fields !== undefined) expect(row.fields).toEqual(expected[i]);
        else expect(row.reason).toContain(`the row has ${expected[i]?.length} field`);
      }
      expect(rows).toHaveLength(expected.length);
    }
  });
});

describe('after a quote that is wrong', () => {
  it.each([
    ['text behind the closing one', '1,x\n2,"bad"x\n3,y\n4,"q"\n5,ok\n', [[2, '2,"bad"x']]],
    ['one in the middle of a field', '1,5" disk\n2,"a"\n3,b\n', [[1, '1,5" disk']]],
    ['one in the first row', '""x,1\nz,2\nw,"3"\n', [[1, '""x,1']]],
    ['one that is never closed', '1,x\n2,"bad\n3,y\n\n4,z\n', [[2, '2,"bad']]],
    [
      'one that the next wrong one closes',
      '1,"a\n2,b\n3,"c\n4,d\n',
      [
        [1, '1,"a'],
        [3, '3,"c'],
      ],
    ],
    ['one that the next right one closes', '1,"a\n2,"b"\n3,c\n', [[1, '1,"a']]],
    ['a NUL behind the closing one', '1,"a"\0\n2,b\n', [[1, '1,"a"\0']]],
  ])('(%s) reading goes on at the next line', async (_, text, bad) => {
    const bytes = Buffer.from(text);
    for (const size of [1, 3, 1000]) {
      const rows = await read(bytes, size, 'csv');
      expect(rows.filter(({ reason }) => reason !== undefined).map(({ line, raw }) => [line, raw])).toEqual(bad);
      checkAllBytes(bytes, rows);
    }
  });

  it('a bad header of known columns does not take the next row with it', async () => {
    const rows = await read(Buffer.from('"x"y,z\n1,2\n'), 1000, 'csv', { header: true });
    expect(rows.map(({ line, fields }) => [line, fields])).toEqual([
      [1, undefined],
      [2, ['1', '2']],
    ]);
  });
});

describe('a large file', () => {
  it('with rows of any length, quotes and bad ones among them keeps every byte', async () => {
    const texts: string[] = [];
    for (let i = 0; i < 8000; i++) {
      if (i % 101 === 0) texts.push(`${i},5" disk`);
      else if (i % 103 === 0) texts.push(`${i},"line\nline ""${'\u00e9'.repeat(i % 500)}\r\nline"`);
      else if (i % 1009 === 0) texts.push(`${i},"${'long\n'.repeat(i * 50)}"`);
      else texts.push(`${i},${'v'.repeat(i % 90)}`);
    }
    const bytes = Buffer.from(`${texts.join('\n')}\n9,"never closed\n${'10,x\n'.repeat(1000)}`);
    const rows = await read(bytes, 256 * 1024, 'csv');
    checkAllBytes(bytes, rows);
    expect(rows).toHaveLength(9001);
    const other = await read(bytes, 10_007, 'csv');
    expect(other.every((row, i) => row.raw === rows[i]?.raw && row.line === rows[i]?.line)).toBe(true);
  });

  it('of bad rows takes time in proportion: it comes to its end within the time of a test', async () => {
    const count = 50_000;
    for (const row of ['5" disk', '"a"b', 'x,too many']) {
      const bytes = Buffer.from(Array.from({ length: count }, (_, i) => `${i},${row}\n`).join(''));
      const rows = await read(bytes, 64 * 1024, 'csv');
      expect(rows).toHaveLength(count);
      expect(rows.every(({ reason }, i) => reason !== undefined && rows[i]?.line === i + 1)).toBe(true);
    }
  });
});

describe('what is not stored', () => {
  it('is in the file of rejects whole: each line of the file is stored, rejected or blank', async () => {
    const { items } = collectionOf({ key: uint32, value: json });
    for (const bytes of fc.sample(polluted, 60)) {
      items.clear();
      let count = 0;
      const rejects = newPath('rejects');
      const options = { format: 'csv', columns: ['c0', 'c1'], key: () => count++, rejects } as const;
      const result = await importRecords(items, chunksOf(bytes, 5), options);
      const rejected = textOf(rejects)
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { line: number; record?: string; bytes?: string });
      const rows = await read(bytes, 1000, 'csv');
      expect(
        items
          .range()
          .values()
          .map((value) => Object.values(value as object))
          .toArray(),
      ).toEqual(rows.flatMap(({ fields }) => (fields === undefined ? [] : [fields])));
      expect(result).toMatchObject({ rows: items.count(), rejected: rejected.length });
      expect(
        rejected.map(({ line, record: text, bytes: hex }) => [
          line,
          Buffer.from(text ?? (hex as string), text === undefined ? 'hex' : 'utf8').toString('latin1'),
        ]),
      ).toEqual(rows.filter(({ reason }) => reason !== undefined).map(({ line, raw }) => [line, raw]));
    }
  });
});
