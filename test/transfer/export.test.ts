import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { exportRecords, json, type TransferProgress, tuple, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf, openTemporary } from '../support/fixture.ts';
import { failure, lines, newPath, textOf } from './files.ts';

function filled(count: number) {
  const { env, items } = collectionOf({ key: uint32, value: json });
  env.write(() => {
    for (let i = 0; i < count; i++) items.put(i, { i, pad: 'x'.repeat(100) });
  });
  return { env, items };
}

describe('an export', () => {
  it.each(['a.ndjson', 'a.csv'])('names the key of a value that does not decode: %s', async (name) => {
    const decode = (bytes: Uint8Array) => {
      if (bytes[0] === 7) throw new Error('a seven');
      return { byte: bytes[0] };
    };
    const codec = { name: 'byte', encode: (byte: number) => Uint8Array.of(byte), decode };
    const { items } = collectionOf({ key: tuple, value: codec });
    for (const byte of [6, 7, 8]) items.put(['b', byte], byte);
    const error = await failure(exportRecords(items.range(), newPath(name)));
    expect(error.code).toBe('ERR_CODEC');
    expect(error.message).toMatch(/the key \["b",7\]: .*a seven/);
  });

  it('is of the range that it is given', async () => {
    const { items } = filled(10);
    const file = newPath('a.ndjson');
    const result = await exportRecords(items.range({ gte: 7, reverse: true }), file);
    expect(result).toMatchObject({ rows: 3, rejected: 0, bytes: textOf(file).length });
    expect(textOf(file).match(/"i":\d/g)).toEqual(['"i":9', '"i":8', '"i":7']);
  });

  it('is one snapshot, of the moment when it was called, and holds none afterwards', async () => {
    const { env, items } = filled(20_000);
    const out = new PassThrough({ highWaterMark: 1024 });
    const exporting = exportRecords(items.range(), out);
    items.clear();
    let text = '';
    for await (const chunk of out) text += chunk;
    expect(await exporting).toMatchObject({ rows: 20_000 });
    expect(text.match(/\n/g)?.length).toBe(20_000);
    expect(env.counters().snapshots).toBe(0);
  });

  it('belongs to the transaction that the range was made in', async () => {
    const { env, items } = filled(3);
    const file = newPath('a.ndjson');
    await env.read(async (txn) => {
      items.clear();
      await exportRecords(items.range({}, txn), file);
    });
    expect(textOf(file).split('\n').length).toBe(4);
    const txn = env.read();
    const range = items.range({}, txn);
    txn.end();
    expect(await failure(exportRecords(range, newPath('b.ndjson')))).toMatchObject({ code: 'ERR_TXN_ENDED' });
  });

  it('waits for a stream that does not keep up', async () => {
    const { items } = filled(20_000);
    let waiting = 0;
    let most = 0;
    const slow = new Writable({
      highWaterMark: 1024,
      write(chunk: Buffer, _encoding, done) {
        waiting += chunk.length;
        most = Math.max(most, waiting + this.writableLength);
        setImmediate(() => {
          waiting -= chunk.length;
          done();
        });
      },
    });
    await exportRecords(items.range(), slow);
    expect(slow.writableFinished).toBe(true);
    expect(most).toBeLessThan(300_000);
  });

  it('goes to a web stream', async () => {
    const { items } = filled(2);
    const chunks: Uint8Array[] = [];
    await exportRecords(items.range(), new WritableStream({ write: (chunk: Uint8Array) => void chunks.push(chunk) }));
    expect(Buffer.concat(chunks).toString().split('\n').length).toBe(3);
  });

  it('leaves what was there until it is whole, and nothing else behind', async () => {
    const controller = new AbortController();
    let read = 0;
    // Aborts the first export in the middle.
    const aborting = {
      name: 'aborting',
      encode: (text: string) => Buffer.from(text),
      decode(stored: Uint8Array) {
        if (++read === 10_000) controller.abort();
        return stored.toString();
      },
    };
    const { env, items } = collectionOf({ key: uint32, value: aborting });
    env.write(() => {
      for (let i = 0; i < 20_000; i++) items.put(i, 'x'.repeat(100));
    });
    const file = newPath('a.ndjson');
    writeFileSync(file, 'before');
    const aborted = exportRecords(items.range(), file, { signal: controller.signal, onProgress: () => {} });
    expect(await failure(aborted)).toMatchObject({ code: 'ABORT_ERR' });
    expect(textOf(file)).toBe('before');
    expect(readdirSync(dirname(file))).toEqual(['a.ndjson']);
    await exportRecords(items.range(), file);
    expect(textOf(file).length).toBeGreaterThan(2_000_000);
    expect(readdirSync(dirname(file))).toEqual(['a.ndjson']);
  });

  it.each(['a.ndjson', 'a.ndjson.gz'])('that fails for a record removes the file: %s', async (name) => {
    const env = openTemporary();
    const failing = { name: 'failing', encode: () => new Uint8Array(1), decode: () => new Date(0) };
    const dates = env.collection('dates', { key: tuple, value: failing });
    dates.put(['a', 1], null as never);
    const file = newPath(name);
    const error = await failure(exportRecords(dates.range(), file));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain('the record of the key ["a",1]: value is a Date, for which JSON has no form');
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it('tells why it cannot write', async () => {
    const { items } = filled(2);
    expect(await failure(exportRecords(items.range(), '/nowhere/a.ndjson'))).toMatchObject({ code: 'ENOENT' });
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('broken')) });
    expect((await failure(exportRecords(items.range(), broken))).message).toContain('cannot write the output: broken');
    const closed = new PassThrough();
    closed.destroy();
    expect((await failure(exportRecords(items.range(), closed))).message).toContain('cannot write the output');
    expect(existsSync('/nowhere')).toBe(false);
  });

  it.each([
    ['no range', [], {}, 'ERR_INVALID_ARG_TYPE'],
    ['an unknown option', undefined, { keys: 'id' }, 'ERR_INVALID_ARG_VALUE'],
    ['a key that is none', undefined, { key: [] }, 'ERR_INVALID_ARG_TYPE'],
    ['several fields for a key of one', undefined, { key: ['i', 'pad'] }, 'ERR_INVALID_ARG_VALUE'],
    ['an unknown format', undefined, { format: 'xml' }, 'ERR_INVALID_ARG_VALUE'],
    ['a signal that is none', undefined, { signal: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['a report that is none', undefined, { onProgress: 5 }, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', async (_, range, options, code) => {
    const { items } = filled(1);
    const promise = exportRecords((range ?? items.range()) as never, newPath('a.ndjson'), options as object);
    expect(await failure(promise)).toMatchObject({ code });
  });

  it('tells how far it is', async () => {
    const { items } = filled(5);
    const told: TransferProgress[] = [];
    await exportRecords(items.range(), newPath('a.ndjson'), { onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)).toMatchObject({ rows: 5, bytes: expect.any(Number), rate: expect.any(Number) });
  });

  it('of CSV finds the columns of records without a schema', async () => {
    const { items } = collectionOf({ key: utf8, value: json });
    items.put('a', { a: 1, deep: { x: [1] } });
    items.put('b', { b: 'x,y', a: null });
    const file = newPath('a.csv');
    await exportRecords(items.range(), file);
    expect(textOf(file)).toBe(lines('key,a,deep,b', 'a,1,"{""x"":[1]}",', 'b,,,"x,y"'));
  });
});
