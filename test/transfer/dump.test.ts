import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bytes, exportRecords, importRecords, json, open, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { compiledTools } from '../interop/tools.ts';
import { collectionOf, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

const tools = compiledTools();
const City = struct({ name: t.utf8, population: t.u32 });

function dumpOf(path: string, ...flags: string[]): string {
  return execFileSync(tools.dump, [...flags, path], { encoding: 'latin1' });
}

describe('a dump', () => {
  it('is what mdb_load reads', async () => {
    const { items } = collectionOf({ key: tuple, value: City });
    for (let i = 0; i < 5000; i++) items.put(['FR', i], { name: `city \0\\${i}`, population: i });
    items.put(['ZZ', 'long'], { name: 'x'.repeat(10_000), population: 0 });
    const file = newPath('items.dump');
    expect(await exportRecords(items.range(), file)).toMatchObject({ rows: 5001 });

    const loaded = temporaryFolder();
    execFileSync(tools.load, ['-f', file, loaded]);
    const env = open(loaded, { readOnly: true });
    const again = env.collection('items', { key: tuple, value: City });
    expect(again.count()).toBe(5001);
    expect(again.get(['FR', 77])?.name).toBe('city \0\\77');
    const out = newPath('again.dump');
    await exportRecords(again.range(), out);
    const data = (text: string) => text.slice(text.indexOf('HEADER=END'));
    expect(data(textOf(out))).toBe(data(textOf(file)));
    env.close();
  });

  it.each([
    ['bytevalue', []],
    ['print', ['-p']],
  ])('of mdb_dump is read, in the format %s', async (_, flags) => {
    const source = openTemporary();
    const original = source.collection('items', { key: bytes, value: bytes });
    source.write(() => {
      for (let i = 0; i < 256; i++)
        original.put(
          Uint8Array.of(i, 10, 92, 0),
          Uint8Array.from({ length: i }, (_, k) => k),
        );
    });
    const file = fileOf('items.dump', Buffer.from(dumpOf(source.path, ...flags, '-s', 'items'), 'latin1'));
    const { items } = collectionOf({ key: bytes, value: bytes });
    expect(await importRecords(items, file)).toMatchObject({ rows: 256, rejected: 0 });
    const entries = (c: typeof items) =>
      c
        .range()
        .map(({ key, value }) => `${key.toJSON()} ${value.toJSON()}`)
        .toArray();
    expect(entries(items)).toEqual(entries(original));
    const gz = newPath('items.dump.gz');
    await exportRecords(items.range(), gz);
    items.clear();
    await importRecords(items, gz);
    expect(entries(items)).toEqual(entries(original));
  });

  it('of several databases gives the one of that name; of one alone, any', async () => {
    const source = openTemporary();
    for (const name of ['a', 'b', 'c']) source.collection(name, { key: utf8, value: utf8 }).put(`key of ${name}`, '');
    const all = fileOf('all.dump', dumpOf(source.path, '-a'));
    const env = openTemporary();
    const b = env.collection('b', { key: utf8, value: utf8 });
    await importRecords(b, all);
    expect(b.range().keys().toArray()).toEqual(['key of b']);
    const other = env.collection('other', { key: utf8, value: utf8 });
    expect((await failure(importRecords(other, all))).message).toContain("has no database 'other'");
    expect(other.count()).toBe(0);
    await importRecords(other, fileOf('c.dump', dumpOf(source.path, '-s', 'c')));
    expect(other.range().keys().toArray()).toEqual(['key of c']);
  });

  const whole = 'VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n 61\n 62\nDATA=END\n';
  it.each([
    ['is cut off in its data', whole.slice(0, -9), 'line 7: the dump ends too early'],
    ['is cut off in its header', whole.slice(0, 30), 'the dump ends too early'],
    ['has a key without a value', whole.replace(' 62\n', ''), 'line 6: the last key has no value'],
    ['has half a byte', whole.replace('62', '6'), 'line 6: the line is not made of pairs'],
    ['has digits that are none', whole.replace('62', '6x'), 'line 6: the line is not made of pairs'],
    ['has another version', whole.replace('3', '2'), 'line 4: the dump has version 2'],
    ['is no dump', '{"id":"a"}\n', 'line 2: the dump ends too early'],
    ['is of integer keys', whole.replace('HEADER', 'integerkey=1\nHEADER'), 'integerkey'],
    ['has duplicates', whole.replace('HEADER', 'duplicates=1\ndupsort=1\nHEADER'), 'several values a key'],
    ['has an escape that is none', whole.replace('bytevalue', 'print').replace('62', 'a\\x'), 'line 6: after a \\'],
  ])('is refused if it %s', async (_, text, message) => {
    const { items } = collectionOf({ key: bytes, value: bytes });
    const error = await failure(importRecords(items, fileOf('a.dump', text), { onError: 'skip' }));
    expect(error.message).toContain(message);
    expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
    expect(items.count()).toBe(0);
  });

  it('may have CRLF and come in pieces', async () => {
    const { items } = collectionOf({ key: bytes, value: bytes });
    const text = whole.replaceAll('\n', '\r\n');
    await importRecords(items, Readable.from(Array.from(text)), { format: 'dump' });
    expect(items.get(Buffer.from('a'))?.toBuffer().toString()).toBe('b');
  });

  it('of json is that of the stored text', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    items.put('a', { n: 1 });
    const file = newPath('a.dump');
    await exportRecords(items.range(), file);
    expect(readFileSync(file, 'latin1')).toContain(` 61\n ${Buffer.from('{"n":1}').toString('hex')}\nDATA=END\n`);
  });

  it('of several values a key goes both ways, and is sorted if it is not', async () => {
    const env = openTemporary();
    const options = { key: utf8, value: utf8, dupSort: true } as const;
    const items = env.collection('items', options);
    env.write(() => {
      for (let i = 0; i < 3000; i++) items.put(`key ${i % 7}`, `value ${i}`);
    });
    const file = newPath('items.dump');
    expect(await exportRecords(items.range(), file)).toMatchObject({ rows: 3000 });
    const loaded = temporaryFolder();
    execFileSync(tools.load, ['-f', file, loaded]);
    const dumped = dumpOf(loaded, '-s', 'items');
    const data = (text: string) => text.slice(text.lastIndexOf('HEADER=END'));
    expect(data(dumped)).toBe(data(textOf(file)));
    expect(dumped).toContain('duplicates=1\ndupsort=1\n');
    items.clear();
    expect(await importRecords(items, fileOf('again.dump', dumped))).toMatchObject({ rows: 3000 });
    expect(items.getAll('key 3').count()).toBe(Math.ceil((3000 - 3) / 7));
    const out = newPath('out.dump');
    await exportRecords(items.range(), out);
    expect(textOf(out)).toBe(textOf(file));

    // Pairs in any order, some of them twice, and too many to sort in memory.
    const big = env.collection('big', options);
    function* pairs(): Generator<string> {
      for (let i = 0; i < 20_000; i++) {
        const n = (i * 7919) % 16_000;
        yield `{"key":"key ${n % 10}","value":"${String(n).padStart(400, '0')}"}\n`;
      }
    }
    const result = await importRecords(big, Readable.from(pairs()), { maxMemoryBytes: 4 * 2 ** 20 });
    expect(result.rows).toBe(20_000);
    expect(big.count()).toBe(16_000);
    const tooLong = await failure(importRecords(big, Readable.from([`{"key":"a","value":"${'x'.repeat(600)}"}\n`])));
    expect(tooLong).toMatchObject({ code: 'ERR_VALUE_SIZE', line: 1 });
  }, 60_000);
});
