import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, json, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, newPath } from './files.ts';

type Zstd = { zstdCompressSync?: (bytes: Buffer) => Buffer; zstdDecompressSync?: (bytes: Buffer) => Buffer };
const { zstdCompressSync: pack, zstdDecompressSync: unpack } = zlib as Zstd;

const make = () => collectionOf({ key: utf8, value: json });
const text = (count: number): string =>
  Array.from({ length: count }, (_, i) => `{"id":"${String(i).padStart(6, '0')}","n":${i}}\n`).join('');

describe.runIf(pack !== undefined && unpack !== undefined)('zstd, where Node has it,', () => {
  const compress = pack as (bytes: Buffer) => Buffer;
  const decompress = unpack as (bytes: Buffer) => Buffer;

  it.each(['out.ndjson.zst', 'out.csv.zst', 'out.dump.ZST'])(
    'goes both ways by the name of the file: %s',
    async (name) => {
      const { items } = make();
      await importRecords(items, fileOf('a.ndjson.zst', compress(Buffer.from(text(20_000)))), { key: 'id' });
      expect(items.count()).toBe(20_000);
      const one = newPath(name);
      const result = await exportRecords(items.range(), one);
      const { items: other } = make();
      const key = name.includes('dump') ? {} : { key: 'id' };
      expect(await importRecords(other, one, key)).toMatchObject({ rows: 20_000, bytes: result.bytes });
      const two = newPath(name);
      await exportRecords(other.range(), two);
      expect(decompress(readFileSync(two)).equals(decompress(readFileSync(one)))).toBe(true);
      expect(readFileSync(one).length).toBe(result.bytes);
    },
  );

  it('unpacks several frames', async () => {
    const { items } = make();
    const frames = Buffer.concat([compress(Buffer.from('{"id":"a"}\n')), compress(Buffer.from('{"id":"b"}\n'))]);
    expect(await importRecords(items, fileOf('a.ndjson.zst', frames), { key: 'id' })).toMatchObject({ rows: 2 });
  });

  it('unpacks frames of any size, wherever a piece of the file ends', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `{"id":"${i}","pad":"${randomBytes(60).toString('hex')}"}\n`);
    const whole = Buffer.from(rows.join(''));
    const parts: Buffer[] = [];
    for (let at = 0, size = 1; at < whole.length; at += size, size = (size * 7 + 11) % 90_000) {
      parts.push(compress(whole.subarray(at, at + size)));
    }
    const frames = Buffer.concat(parts);
    expect(frames.length).toBeGreaterThan(2 * 256 * 1024);
    const { items } = make();
    const file = fileOf('a.ndjson.zst', frames);
    expect(await importRecords(items, file, { key: 'id' })).toMatchObject({ rows: 10_000, bytes: frames.length });
    const garbage = fileOf('b.ndjson.zst', Buffer.concat([frames, Buffer.from('garbage behind it')]));
    expect((await failure(importRecords(items, garbage, { key: 'id' }))).message).toContain('cannot be decompressed');
  });

  it('that is cut off, or none, is an error, and nothing is stored', async () => {
    const { items } = make();
    const packed = compress(Buffer.from(text(20_000)));
    for (const length of [0, 5, packed.length >> 1, packed.length - 1]) {
      const file = fileOf('a.ndjson.zst', packed.subarray(0, length));
      const error = await failure(importRecords(items, file, { key: 'id' }));
      expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
      expect(error.message).toMatch(/cut off|cannot be decompressed/);
      expect(items.count()).toBe(0);
    }
    const error = await failure(importRecords(items, fileOf('a.ndjson.zst', 'plain text'), { key: 'id' }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain('cannot be decompressed');
  });

  it('is resumed behind what is stored', async () => {
    const { items } = make();
    const file = fileOf('a.ndjson.zst', compress(Buffer.from(text(60_000))));
    let calls = 0;
    const key = ({ id }: { id: string }): string => {
      if (++calls === 55_000) throw new Error('stop');
      return id;
    };
    const error = await failure(importRecords(items, file, { key, maxMemoryBytes: 4 * 2 ** 20 }));
    expect(error.message).toContain('`resume`');
    const before = items.count();
    expect(before).toBeGreaterThan(5000);
    expect(await importRecords(items, file, { key, maxMemoryBytes: 4 * 2 ** 20, resume: true })).toMatchObject({
      rows: 60_000 - before,
    });
    expect(items.count()).toBe(60_000);
  });
});

describe.runIf(pack === undefined)('zstd, where Node has none,', () => {
  it('is refused with the versions that have it, both ways', async () => {
    const { items } = make();
    for (const transfer of [
      () => importRecords(items, fileOf('a.ndjson.zst', 'x'), { key: 'id' }),
      () => exportRecords(items.range(), newPath('a.ndjson.zst')),
    ]) {
      const error = await failure(transfer());
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain('22.15');
    }
  });
});
