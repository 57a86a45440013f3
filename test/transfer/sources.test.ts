import { execFileSync } from 'node:child_process';
import { createReadStream, writeFile } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importRecords, inferSchema, json, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath } from './files.ts';

const make = () => collectionOf({ key: utf8, value: json });
const text = lines('{"id":"a","text":"ü😀"}', '{"id":"b"}');
const file = fileOf('rows.ndjson', text);

/** A hand-written input, whose iterator returns `results`. */
const giving = (...results: unknown[]): unknown => ({
  [Symbol.asyncIterator]: () => ({ next: () => results.shift() ?? { done: true } }),
});

describe('a source', () => {
  it.each<[string, () => unknown]>([
    ['a path', () => file],
    ['a URL', () => pathToFileURL(file)],
    ['a stream of a file', () => createReadStream(file)],
    ['a stream of texts', () => createReadStream(file, { encoding: 'utf8', highWaterMark: 3 })],
    ['a web stream', () => Readable.toWeb(createReadStream(file))],
    ['a web stream of texts', () => new Blob([text]).stream().pipeThrough(new TextDecoderStream())],
    ['an array', () => [text.slice(0, 9), Buffer.from(text.slice(9))]],
    ['an array of promises', () => [Promise.resolve(text)]],
    ['code units', () => text.split('')],
    [
      'what another thread may change',
      () => [Uint8Array.from(Buffer.from(text)), new Uint8Array(new SharedArrayBuffer(0))],
    ],
    ['an iterator without promises', () => giving({ value: text })],
    ['an iterator whose return is no function', () => ({ ...(giving({ value: text }) as object), return: 5 })],
    ['bytes that lie about themselves', () => [new Liar(Buffer.from(text))]],
  ])('may be %s', async (_, source) => {
    const { items } = make();
    expect(await importRecords(items, source() as string, { key: 'id', format: 'ndjson' })).toMatchObject({ rows: 2 });
    expect(items.range().values().toArray()).toEqual([{ id: 'a', text: 'ü😀' }, { id: 'b' }]);
    const { schema, source: again } = await inferSchema(source() as string, { format: 'ndjson' });
    expect(schema.description.struct.map(([name]) => name)).toEqual(['id', 'text']);
    expect(await importRecords(make().items, again, { key: 'id', format: 'ndjson' })).toMatchObject({ rows: 2 });
  });

  function reading(): ReadableStream {
    const stream = new ReadableStream({ start: (controller) => controller.close() });
    stream.getReader();
    return stream;
  }
  function destroyed(): PassThrough {
    const stream = new PassThrough();
    stream.destroy();
    return stream;
  }
  function broken(): Readable {
    const stream = new Readable({ read() {} });
    stream.push(text);
    setImmediate(() => stream.destroy(Object.assign(new Error('the cable was pulled'), { code: 'ECONNRESET' })));
    return stream;
  }

  it.each<[string, () => unknown, string, string]>([
    ['a chunk of another type', () => [5], 'ERR_INVALID_ARG_TYPE', 'a chunk of the input must be'],
    ['no chunk', () => [null], 'ERR_INVALID_ARG_TYPE', 'a chunk of the input must be'],
    ['an object', () => Readable.from([{ id: 'a' }]), 'ERR_INVALID_ARG_TYPE', 'a chunk of the input must be'],
    ['half a character', () => ['{"id":"\ud83d', '"}\n'], 'ERR_INVALID_ARG_VALUE', 'lone surrogate'],
    ['half a character at its end', () => ['{"id":"a"}\n\ud83d'], 'ERR_INVALID_ARG_VALUE', 'lone surrogate'],
    ['half a character before bytes', () => ['\ud83d', Buffer.from('a')], 'ERR_INVALID_ARG_VALUE', 'lone surrogate'],
    ['no result', () => giving(7), 'ERR_INVALID_ARG_TYPE', 'the result of an iterator'],
    ['a rejection without an error', () => giving(Promise.reject(undefined)), '', ''],
    ['a stream that somebody reads', reading, 'ERR_INVALID_ARG_VALUE', 'locked'],
    ['a stream that was destroyed', destroyed, 'ERR_STREAM_PREMATURE_CLOSE', 'cannot read the input'],
    ['a stream that breaks', broken, 'ECONNRESET', 'cannot read the input: the cable was pulled. Nothing was stored'],
    ['no iterator', () => ({ [Symbol.asyncIterator]: () => 5 }), 'ERR_INVALID_ARG_TYPE', 'a path or a stream'],
    ['an iterator that is none', () => ({ [Symbol.asyncIterator]: 5 }), 'ERR_INVALID_ARG_TYPE', 'a path or a stream'],
    [
      'a URL of the web',
      () => new URL('http://example.org/a.ndjson'),
      'ERR_INVALID_ARG_VALUE',
      'is not the URL of a file',
    ],
    ['an empty path', () => '', 'ERR_INVALID_ARG_VALUE', 'path must not be empty'],
  ])('that gives %s is refused, and nothing is stored', async (_, source, code, message) => {
    const { items } = make();
    const importing = importRecords(items, source() as string, { key: 'id', format: 'ndjson' });
    if (code === '') {
      expect(
        await importing.then(
          () => 'fulfilled',
          (error) => error,
        ),
      ).toBe(undefined);
    } else {
      const error = await failure(importing);
      expect(error.code).toBe(code);
      expect(error.message).toContain(message);
    }
    expect(items.count()).toBe(0);
  });
});

class Liar extends Uint8Array {
  override get length(): number {
    return 2 ** 20;
  }
  override get byteOffset(): number {
    return -5;
  }
  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(3);
  }
}

describe('code of a program that is called in the middle of an import', () => {
  const many = lines(...Array.from({ length: 30_000 }, (_, i) => `{"id":"${String(i).padStart(6, '0')}","n":${i}}`));
  /** A transaction of an import stores at most an eighth of this: 512 KiB. */
  const maxMemoryBytes = 4 * 2 ** 20;

  it('may use the collection, and import into it', async () => {
    const { env, items } = make();
    let inner: Promise<unknown> | undefined;
    const key = ({ id, n }: { id: string; n: number }): string => {
      if (n % 100 === 0) items.put(`x${id}`, n);
      if (n % 1000 === 1) env.write(() => items.put(`y${id}`, items.get(`x${id.slice(0, -1)}0`)));
      if (n === 20_000) inner = importRecords(items, [lines('{"id":"z"}')] as never, { key: 'id' });
      return id;
    };
    await importRecords(items, [many] as never, { key, maxMemoryBytes });
    await inner;
    expect(items.count()).toBe(30_000 + 300 + 30 + 1);
    expect(items.get('029999')).toEqual({ id: '029999', n: 29_999 });
    expect(items.get('x000100')).toBe(100);
    expect(items.has('z')).toBe(true);
  });

  it.each<[string, (world: ReturnType<typeof make>) => void, string]>([
    ['closes the environment', ({ env }) => env.close(), 'ERR_ENV_CLOSED'],
    ['drops the collection', ({ items }) => items.drop(), 'ERR_NO_COLLECTION'],
  ])('and %s, ends it', async (_, act, code) => {
    const world = make();
    const key = ({ id, n }: { id: string; n: number }): string => {
      if (n === 25_000) act(world);
      return id;
    };
    const error = await failure(importRecords(world.items, [many] as never, { key, maxMemoryBytes }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/The records up to line \d+ are stored/);
  });

  it.each([undefined, null, 'text', Symbol('s'), Object.create(null), new Error('own')])(
    'and throws %o, is told with the line',
    async (thrown) => {
      const { items } = make();
      const key = ({ n }: { n: number }): string => {
        if (n === 2) throw thrown;
        return String(n);
      };
      const error = await failure(importRecords(items, [many] as never, { key }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 3, cause: thrown });
      expect(items.count()).toBe(0);
    },
  );

  it('in a codec may use the collection', async () => {
    const value = {
      name: 'busy',
      encode(record: { id: string; n: number }): Uint8Array {
        if (record.n % 1000 === 7) items.put(`x${record.id}`, { id: 'x', n: 0 });
        if (record.n === 3) throw new Error('not this one');
        return Buffer.from(JSON.stringify(record));
      },
      decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as { id: string; n: number },
    };
    const { items } = collectionOf({ key: utf8, value });
    expect(await importRecords(items, [many] as never, { key: 'id', onError: 'skip' })).toMatchObject({
      rows: 29_999,
      rejected: 1,
    });
    expect(items.count()).toBe(29_999 + 30);
    expect(items.get('029999')).toEqual({ id: '029999', n: 29_999 });
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  const pipe = newPath('rows.ndjson');
  execFileSync('mkfifo', [pipe]);
  const fill = (content: string | Buffer): void => void writeFile(pipe, content, () => {});

  it('is read from where it stands, once', async () => {
    const { items } = make();
    fill(text);
    expect(await importRecords(items, pipe, { key: 'id' })).toMatchObject({ rows: 2, bytes: Buffer.from(text).length });
    expect(items.get('a')).toEqual({ id: 'a', text: 'ü😀' });
  });

  it('tells its schema, and gives all of its records behind that', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `{"id":"${i}","n":${i}}\n`).join('');
    fill(many);
    const { schema, source } = await inferSchema(pipe, { sample: 10 });
    expect(schema.description.struct.map(([name]) => name)).toEqual(['id', 'n']);
    const { items } = make();
    expect(await importRecords(items, source, { key: 'id' })).toMatchObject({ rows: 20_000 });
    expect(items.count()).toBe(20_000);
  });

  it('may be packed', async () => {
    const packed = newPath('rows.csv.gz');
    execFileSync('mkfifo', [packed]);
    writeFile(packed, gzipSync('id,n\na,1\n'), () => {});
    const { source } = await inferSchema(packed);
    const { items } = make();
    expect(await importRecords(items, source, { key: 'id', format: 'csv' })).toMatchObject({ rows: 1 });
  });

  it('to which nobody writes can be given up', async () => {
    const { items } = make();
    const reason = new Error('enough');
    const late = (): AbortSignal => {
      const controller = new AbortController();
      setImmediate(() => controller.abort(reason));
      return controller.signal;
    };
    expect(await failure(importRecords(items, pipe, { key: 'id', signal: late() }))).toMatchObject({
      code: 'ABORT_ERR',
    });
    expect(await failure(inferSchema(pipe, { signal: late() }))).toMatchObject({ code: 'ABORT_ERR', cause: reason });
  });
});

describe('an input that is no text in UTF-8', () => {
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]);
  it.each([
    ['packed with gzip', gzipSync(text), 'is compressed with gzip: decompress it first'],
    ['packed with zstd', zstd, 'is compressed with zstd: decompress it first'],
    ['packed twice', gzipSync(gzipSync(text)), 'is compressed with gzip', 'rows.ndjson.gz'],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), "give `encoding` 'utf-16le'"],
    ['UTF-16, big-endian', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), "give `encoding` 'utf-16be'"],
  ])('is refused whatever is done about errors: %s', async (_, bytes, reason, name = 'rows.ndjson') => {
    const { items } = make();
    const sources: (string | Readable)[] = [fileOf(name, bytes)];
    if (name === 'rows.ndjson') sources.push(Readable.from([bytes]));
    for (const source of sources) {
      const error = await failure(importRecords(items, source, { key: 'id', onError: 'skip' }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(error.message).toContain(reason);
      expect(items.count()).toBe(0);
    }
  });

  it('is read in UTF-16 with its name', async () => {
    const { items } = make();
    const source = fileOf('rows.ndjson', Buffer.from(`\ufeff${text}`, 'utf16le'));
    expect(await importRecords(items, source, { key: 'id', encoding: 'utf-16le' })).toMatchObject({ rows: 2 });
  });
});

describe('gzip', () => {
  const parts = ['{"id":"a"}\n', '{"id":"b"}\n', '{"id":"c"}\n'].map((line) => gzipSync(line));
  const zeros = Buffer.alloc(300 * 1024);

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a zero', zeros.subarray(0, 1)],
    ['zeros, more than are read at once,', zeros],
  ])('members with %s between them are all read', async (_, between) => {
    const { items } = make();
    const file = fileOf('rows.ndjson.gz', Buffer.concat(parts.flatMap((part) => [part, between])));
    expect(await importRecords(items, file, { key: 'id' })).toMatchObject({ rows: 3 });
  });

  it('with something else behind a member is an error', async () => {
    const { items } = make();
    for (const tail of [Buffer.from('garbage'), Buffer.from('\0garbage')]) {
      const file = fileOf('rows.ndjson.gz', Buffer.concat([...parts, tail]));
      expect((await failure(importRecords(items, file, { key: 'id' }))).message).toContain('cannot be decompressed');
    }
  });
});
