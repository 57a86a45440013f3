import { describe, expect, test } from 'vitest';
import { columnOf, widthOf, widthsFor } from '../../lib/cli/columns.ts';
import { json, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';
import { asOnTerminal, linesOf } from './command.ts';

const column = (name: string, ...cells: unknown[]) => columnOf(name, cells, { isWhole: false, before: undefined });

describe('the widths of columns', () => {
  test('are those of a terminal, and not of characters', () => {
    expect(['東京', 'käse', 'ka\u0308se', '👨‍👩‍👧', ''].map(widthOf)).toEqual([4, 4, 4, 2, 0]);
    expect(column('name', '東京都')).toMatchObject({ wanted: 6, least: 6 });
  });

  test('have room for numbers and for the first column, whatever they take', () => {
    expect(column('n', 123456789012, 'x'.repeat(30))).toEqual({ wanted: 30, least: 12, isNumeric: false });
    expect(column('n', '18446744073709551615')).toMatchObject({ least: 20 });
    const key = columnOf('key', ['k'.repeat(90)], { isWhole: true, before: undefined });
    expect(widthsFor([key, column('n', 1)], 80, 2)).toEqual([90]);
  });

  test('shrink where texts are the widest, and only then are the last columns left out', () => {
    const columns = [column('a', 'x'.repeat(10)), column('b', 'x'.repeat(100)), column('c', 1e15)];
    expect(widthsFor(columns, 80, 2)).toEqual([10, 50, 16]);
    expect(widthsFor(columns, 38, 2)).toEqual([9, 9, 16]);
    expect(widthsFor(columns, 35, 2)).toEqual([10, 23]);
    expect(widthsFor(columns, 10, 2)).toEqual([10]);
  });
});

describe('on a terminal of 80 columns', () => {
  const env = openTemporary();
  const rows = env.collection('rows', { key: uint32, value: json });
  const wide = env.collection('wide', {
    key: tuple,
    value: struct({ name: t.utf8, n: t.u64, text: t.utf8, last: t.u32 }),
  });
  const many = env.collection('many', { key: utf8, value: json });
  env.write(() => {
    for (let i = 0; i < 102; i++) rows.put(i, { name: i < 100 ? 'a' : `a name of some forty characters, no ${i}` });
    wide.put(['x'.repeat(30)], {
      name: '東京都千代田区霞が関一丁目',
      n: 2n ** 64n - 1n,
      text: 'y'.repeat(100),
      last: 7,
    });
    wide.put(['z'], { name: 'plain', n: 1n, text: '', last: 4_000_000_000 });
    many.put('a', Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`field${i}`, `value ${i}`])));
  });
  env.close();
  const shown = async (...args: string[]): Promise<string[]> =>
    (await asOnTerminal(args)).shown.split('\n').slice(0, -1);

  test('rows of a later page have the room that they need', async () => {
    const lines = await shown('scan', env.path, 'rows');
    expect(lines.slice(0, 2)).toEqual(['key  name', '  0  a']);
    expect(lines.slice(-2)).toEqual([
      '100  a name of some forty characters, no 100',
      '101  a name of some forty characters, no 101',
    ]);
  });

  test('keys and numbers are whole, wide characters are counted, and columns without room are named', async () => {
    const lines = await shown('scan', env.path, 'wide');
    expect(lines).toHaveLength(4);
    expect(lines.every((line) => widthOf(line) <= 80)).toBe(true);
    expect(lines[1]).toContain(`["${'x'.repeat(30)}"]  `);
    expect(lines[1]).toContain('18446744073709551615');
    expect(lines[3]).toBe('(no room for last: use --fields, --vertical or a wider terminal)');
    expect(lines.join()).not.toContain('4000000000');
    const named = await shown('scan', env.path, 'wide', '--fields', 'name,last');
    expect(named).toEqual([
      expect.stringMatching(/^key +name +last$/),
      expect.stringMatching(/"\] {2}東京都千代田区霞が関一丁目 +7$/),
      expect.stringMatching(/^\["z"\] +plain +4000000000$/),
    ]);
    expect((await shown('scan', env.path, 'many')).at(-1)).toMatch(/^\(no room for field\d+, .*field15: /);
  });

  test('--vertical shows one field a line, whole, in a pipe too', async () => {
    const expected = [
      `key   ["${'x'.repeat(30)}"]`,
      'name  東京都千代田区霞が関一丁目',
      'n     18446744073709551615',
      `text  ${'y'.repeat(100)}`,
      'last  7',
      '',
      'key   ["z"]',
      'name  plain',
      'n     1',
      'text',
      'last  4000000000',
    ];
    const args = ['scan', env.path, 'wide', '--vertical'];
    expect(await shown(...args)).toEqual(expected);
    expect(await linesOf(args)).toEqual(expected);
    expect(await linesOf(['scan', env.path, 'rows', '--vertical', '--limit', '1'])).toEqual(['key   0', 'name  a']);
  });

  test('get shows fields whole', async () => {
    expect(await shown('get', env.path, 'wide', JSON.stringify(['x'.repeat(30)]))).toContain(
      `text  ${'y'.repeat(100)}`,
    );
  });
});
