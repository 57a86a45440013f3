import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytes, double, exportRecords, importRecords, json, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf, openTemporary } from '../support/fixture.ts';
import { fileOf, lines, newPath, textOf } from './files.ts';

/** A field of each type, named after it. */
const { list: _list, struct: _struct, optional: _optional, ...everyType } = t;
const All = struct({
  ...everyType,
  maybeNumber: t.optional(t.f64),
  maybeText: t.optional(t.utf8),
  maybeBytes: t.optional(t.bytes),
  maybeDate: t.optional(t.date),
  maybeLong: t.optional(t.i64),
});

const first = {
  u8: 255,
  u16: 65535,
  u32: 2 ** 32 - 1,
  i8: -128,
  i16: -32768,
  i32: -(2 ** 31),
  f32: Math.fround(0.1),
  f64: 1e-300,
  bool: true,
  u64: 2n ** 64n - 1n,
  i64: -(2n ** 63n),
  date: new Date('2024-02-29T12:34:56.789Z'),
  utf8: 'käse, "quoted"\nnext\r\n\u2028 😀',
  bytes: Uint8Array.of(0, 1, 255),
  maybeNumber: Number.NaN,
  maybeText: '',
  maybeBytes: new Uint8Array(0),
  maybeDate: new Date(-62198755200000),
  maybeLong: 2n ** 53n + 1n,
};
const second = {
  ...first,
  u8: 1,
  f64: -0,
  f32: Number.NEGATIVE_INFINITY,
  bool: false,
  u64: 7n,
  i64: 2n ** 53n - 1n,
  date: new Date(8.64e15),
  utf8: '',
  bytes: new Uint8Array(0),
  maybeNumber: 12345678901234567000,
  maybeText: undefined,
  maybeBytes: undefined,
  maybeDate: undefined,
  maybeLong: undefined,
};

describe.each(['ndjson', 'json', 'csv', 'tsv'] as const)('%s', (format) => {
  it('keeps every type of a struct through export, import, export', async () => {
    const { items } = collectionOf({ key: tuple, value: All });
    items.put([255], first);
    items.put([1], second);
    const one = newPath(`one.${format}`);
    const exported = await exportRecords(items.range(), one);
    expect(exported).toMatchObject({ rows: 2, rejected: 0, bytes: Buffer.byteLength(textOf(one)) });

    const { items: again } = collectionOf({ key: tuple, value: All });
    expect(await importRecords(again, one, { key: 'u8' })).toMatchObject({ rows: 2, rejected: 0 });
    const two = newPath(`two.${format}`);
    await exportRecords(again.range(), two);
    expect(textOf(two)).toBe(textOf(one));
    const read = again.range().map(({ key, value }) => [key.toArray(), value.toObject()]);
    expect(read.toArray()).toEqual(
      items
        .range()
        .map(({ key, value }) => [key.toArray(), value.toObject()])
        .toArray(),
    );
  });

  it('keeps tuple keys of every element beside values that are no objects', async () => {
    const { items } = collectionOf({ key: tuple, value: utf8 });
    const keys = [
      [null, true, false],
      ['text\0with zero', 1, -1, 2 ** 53 - 1],
      [2n ** 64n, -(2n ** 100n)],
      [double(1), 1.5, double(-0), double(2 ** 60), Number.NEGATIVE_INFINITY, double(12345678901234567000)],
      [Uint8Array.of(0, 255), ['nested', [null]]],
    ];
    for (const [i, key] of keys.entries()) items.put(key as never, `value ${i}, "${i}"`);
    const one = newPath(`one.${format}`);
    await exportRecords(items.range(), one);
    const { items: again } = collectionOf({ key: tuple, value: utf8 });
    await importRecords(again, one);
    const two = newPath(`two.${format}`);
    await exportRecords(again.range(), two);
    expect(textOf(two)).toBe(textOf(one));
    expect(
      again
        .range()
        .map(({ key }) => key.toHex())
        .toArray(),
    ).toEqual(
      items
        .range()
        .map(({ key }) => key.toHex())
        .toArray(),
    );
    expect(again.count()).toBe(keys.length);
  });

  it('keeps keys of the other codecs', async () => {
    const env = openTemporary();
    const numbers = env.collection('numbers', { key: uint32, value: bytes });
    numbers.put(7, Uint8Array.of(1, 2));
    const blobs = env.collection('blobs', { key: bytes, value: json });
    blobs.put(Uint8Array.of(0, 9), [1, null, 'x']);
    const texts = env.collection('texts', { key: utf8, value: json });
    texts.put('ключ', 'a value');
    for (const collection of [numbers, blobs, texts]) {
      const file = newPath(`one.${format}`);
      await exportRecords(collection.range() as never, file);
      const before = textOf(file);
      collection.clear();
      await importRecords(collection as never, file);
      const after = newPath(`two.${format}`);
      await exportRecords(collection.range() as never, after);
      expect(textOf(after)).toBe(before);
      expect(collection.count()).toBe(1);
    }
  });

  it('writes and reads gzip by the name of the file', async () => {
    const { items } = collectionOf({ key: utf8, value: struct({ id: t.utf8, n: t.u32 }) });
    items.put('a', { id: 'a', n: 1 });
    const file = newPath(`x.${format}.gz`);
    await exportRecords(items.range(), file);
    items.clear();
    expect(await importRecords(items, file, { key: 'id' })).toMatchObject({ rows: 1 });
    expect(items.get('a')?.n).toBe(1);
  });
});

describe('ndjson', () => {
  it('is the record alone, key fields in it', async () => {
    const { items } = collectionOf({
      key: tuple,
      value: struct({ country: t.utf8, name: t.utf8, population: t.optional(t.u32) }),
    });
    const text = lines('{"country":"FR","name":"Lyon","population":472317}', '{"country":"FR","name":"Nice"}');
    const file = fileOf('cities.ndjson', text);
    await importRecords(items, file, { key: ['country', 'name'] });
    expect(items.get(['FR', 'Lyon'])?.population).toBe(472317);
    const out = newPath('out.jsonl');
    await exportRecords(items.range(), out);
    expect(textOf(out)).toBe(text);
  });

  it('is key and value where a record is no object', async () => {
    const { items } = collectionOf({ key: tuple, value: json });
    items.put(['a', 1], 5);
    items.put(['b', 2], { name: 'object' });
    const out = newPath('out.ndjson');
    await exportRecords(items.range(), out);
    expect(textOf(out)).toBe(lines('{"key":["a",1],"value":5}', '{"key":["b",2],"value":{"name":"object"}}'));
  });

  it('unpacks gzip of several members', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    const file = fileOf('a.ndjson.gz', Buffer.concat([gzipSync('{"id":"a"}\n'), gzipSync('{"id":"b"}\n')]));
    expect(await importRecords(items, file, { key: 'id' })).toMatchObject({ rows: 2 });
  });
});
