import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { importRecords, json, LeaseholdError, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, fileOf, lines, newPath, textOf } from './files.ts';

const Named = struct({ id: t.utf8, n: t.u32 });
const named = () => collectionOf({ key: utf8, value: Named });
const asJson = () => collectionOf({ key: utf8, value: json });

describe('the text of a file', () => {
  it.each([
    ['a byte order mark', '\ufeff{"id":"a"}\n{"id":"b"}\n'],
    ['CRLF', '{"id":"a"}\r\n{"id":"b"}\r\n'],
    ['blank lines', '\n{"id":"a"}\n\n  \n{"id":"b"}\n\n'],
    ['no last line feed', '{"id":"a"}\n{"id":"b"}'],
  ])('may have %s, in NDJSON', async (_, text) => {
    const { items } = asJson();
    expect(await importRecords(items, fileOf('a.ndjson', text), { key: 'id' })).toMatchObject({ rows: 2 });
    expect(items.range().values().toArray()).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('is rejected where a line of NDJSON holds white space that JSON does not have', async () => {
    const { items } = asJson();
    const text = '{"id":"a"}\n\u2028\n \t\r\n\u00a0\n';
    const result = await importRecords(items, fileOf('a.ndjson', text), { key: 'id', onError: 'skip' });
    expect(result).toMatchObject({ rows: 1, rejected: 2 });
    expect(result.errors?.map(({ line }) => line)).toEqual([2, 4]);
  });

  it.each([
    ['a byte order mark', '\ufeffid,x\na,1\nb,2\n'],
    ['CRLF', 'id,x\r\na,1\r\nb,2\r\n'],
    ['blank lines', '\nid,x\n\na,1\n\n\nb,2\n\n'],
    ['no last line feed', 'id,x\na,1\nb,2'],
  ])('may have %s, in CSV', async (_, text) => {
    const { items } = asJson();
    expect(await importRecords(items, fileOf('a.csv', text), { key: 'id' })).toMatchObject({ rows: 2 });
    expect(items.range().values().toArray()).toEqual([
      { id: 'a', x: '1' },
      { id: 'b', x: '2' },
    ]);
  });

  it('comes from streams, in chunks of any size', async () => {
    const text = lines('{"id":"ä"}', '{"id":"😀"}', '{"id":"c"}');
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks: Buffer[] = [];
      for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.subarray(i, i + size));
      const { items } = asJson();
      const result = await importRecords(items, Readable.from(chunks), { format: 'ndjson', key: 'id' });
      expect(result).toMatchObject({ rows: 3, bytes: bytes.length });
      expect(items.range().keys().toArray()).toEqual(['c', 'ä', '😀']);
    }
    for (const size of [1, 2, 5]) {
      const csv = Buffer.from('\ufeffid,x\r\nä,"a\r\nb"\r\n');
      const chunks: Buffer[] = [];
      for (let i = 0; i < csv.length; i += size) chunks.push(csv.subarray(i, i + size));
      const { items } = asJson();
      await importRecords(items, Readable.from(chunks), { format: 'csv', key: 'id' });
      expect(items.get('ä')).toEqual({ id: 'ä', x: 'a\r\nb' });
    }
  });

  it('comes from web streams', async () => {
    const { items } = asJson();
    const stream = new Response('{"id":"a"}\n').body as ReadableStream<Uint8Array>;
    expect(await importRecords(items, stream, { key: 'id' })).toMatchObject({ rows: 1 });
  });

  it('is an error where it is not UTF-8, and never U+FFFD', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"id":"a"}\n{"id":"'),
      Buffer.of(0xff),
      Buffer.from('"}\n{"id":"\ufffd"}\n'),
    ]);
    const { items } = asJson();
    const file = fileOf('a.ndjson', bad);
    const error = await failure(importRecords(items, file, { key: 'id' }));
    expect(error.message).toContain(`'${file}', line 2: the line is not UTF-8`);
    expect(items.count()).toBe(0);
    expect(await importRecords(items, file, { key: 'id', onError: 'skip' })).toMatchObject({ rows: 2, rejected: 1 });
    expect(items.range().keys().toArray()).toEqual(['a', '\ufffd']);
    const csv = fileOf('a.csv', Buffer.concat([Buffer.from('id\na\n'), Buffer.of(0xc3), Buffer.from('\n')]));
    expect((await failure(importRecords(items, csv, { key: 'id' }))).message).toContain('line 3: field 1 is not UTF-8');
    const utf16 = fileOf('b.csv', Buffer.from('\ufeffid\na\n', 'utf16le'));
    expect((await failure(importRecords(items, utf16, { key: 'id' }))).message).toContain('UTF-16');
  });

  it('is an error where it is cut off', async () => {
    const packed = gzipSync(lines(...Array.from({ length: 10_000 }, (_, i) => `{"id":"${i}"}`)));
    const { items } = asJson();
    for (const length of [0, 5, 1000, packed.length - 1]) {
      const error = await failure(
        importRecords(items, fileOf('a.ndjson.gz', packed.subarray(0, length)), { key: 'id' }),
      );
      expect(error.code).toBe('ERR_INVALID_ARG_VALUE');
      expect(error.message).toContain('cut off');
      expect(items.count()).toBe(0);
    }
    const noGzip = await failure(importRecords(items, fileOf('a.ndjson.gz', 'plain text'), { key: 'id' }));
    expect(noGzip.message).toContain('cannot be decompressed');
  });

  it('is an error where a line has no end', async () => {
    const { items } = asJson();
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(2 ** 20, 0x61);
    }
    const error = await failure(importRecords(items, Readable.from(endless()), { key: 'id' }));
    expect(error.message).toContain('line 1: the line is longer than 67108864 bytes');
    function* long(): Generator<Buffer> {
      yield Buffer.from(`{"id":1}\n\n{"id":2}\n${' '.repeat(2 ** 26 + 1)}`);
    }
    const fourth = await failure(importRecords(items, Readable.from(long()), { key: 'id', onError: 'skip' }));
    expect(fourth).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 4 });
    const csv = await failure(importRecords(items, Readable.from(endless()), { key: 'id', format: 'csv' }));
    expect(csv.message).toContain('is longer than 67108864 bytes');
  }, 60_000);
});

describe('numbers', () => {
  const Numbers = struct({ id: t.utf8, u64: t.optional(t.u64), f64: t.optional(t.f64) });

  it('of 64 bits are exact, as numbers and as text', async () => {
    const { items } = collectionOf({ key: utf8, value: Numbers });
    const file = fileOf(
      'a.ndjson',
      lines(
        '{"id":"a","u64":18446744073709551615}',
        '{"id":"b","u64":"9007199254740993"}',
        '{"id":"c","u64":12345678901234567000}',
        '{"id":"d","f64":12345678901234567000}',
        '{"id":"e","f64":-0}',
      ),
    );
    await importRecords(items, file, { key: 'id' });
    expect(items.get('a')?.u64).toBe(2n ** 64n - 1n);
    expect(items.get('b')?.u64).toBe(9007199254740993n);
    expect(items.get('c')?.u64).toBe(12345678901234567000n);
    expect(items.get('d')?.f64).toBe(12345678901234567000);
    expect(items.get('e')?.f64).toBe(-0);
  });

  it.each([
    ['an integer in f64', '{"id":"a","f64":9007199254740993}', Numbers],
    ['an integer in json', '{"id":"a","deep":[{"n":9007199254740993}]}', json],
    ['a number beyond all doubles', '{"id":"a","f64":1e400}', Numbers],
    ['a negative u64', '{"id":"a","u64":-1}', Numbers],
    ['a fraction in u64', '{"id":"a","u64":1.5}', Numbers],
    ['2 ** 64 in u64', '{"id":"a","u64":18446744073709551616}', Numbers],
  ])('that cannot be stored as they are, are refused: %s', async (_, line, value) => {
    const { items } = collectionOf({ key: utf8, value: value as typeof json });
    const error = await failure(importRecords(items, fileOf('a.ndjson', lines('{"id":"0"}', line)), { key: 'id' }));
    expect(error.message).toContain('line 2: ');
    expect(items.count()).toBe(0);
  });

  it('are named where json cannot hold them', async () => {
    const { items } = asJson();
    const line = '{"id":"a","deep":[{"n":9007199254740993}]}';
    const error = await failure(importRecords(items, fileOf('a.ndjson', lines(line)), { key: 'id' }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', line: 1 });
    expect(error.message).toContain('no double holds 9007199254740993 exactly');
  });
});

describe('CSV', () => {
  it('tells the lines of rows with line feeds inside quotes', async () => {
    const { items } = named();
    const text = 'id,n\r\n"a\r\nb\r\nc",1\r\n\r\n"x\ny",2\r\nbad,zzz\r\n';
    const error = await failure(importRecords(items, fileOf('a.csv', text), { key: 'id' }));
    expect(error.message).toContain('line 8: n must be a number, not "zzz"');
    expect(error.line).toBe(8);
  });

  it.each([
    ['two columns of one name', 'id,n,id\na,1,b\n', 'line 1: two columns are called "id"'],
    ['a row that is too short', 'id,n\na,1\nb\n', 'line 3: the row has 1 field, and there are 2 columns'],
    ['a row that is too long', 'id,n\na,1\n\nb,2,3\n', 'line 4: the row has 3 fields, and there are 2 columns'],
    ['a quote that is not closed', 'id,n\na,1\n"b,2\nc,3\n', 'line 3: the quote of field 1 is not closed'],
    ['a quote inside a field', 'id,n\na,1\nb"b,2\n', 'line 3: '],
    ['a column that is no field', 'id,n,x\na,1,2\n', 'line 2: the struct has no field "x"; it has id, n'],
    ['a number out of range', 'id,n\na,4294967296\n', 'line 2: value.n must be'],
    ['an absent number', 'id,n\na,\n', 'line 2: n must be a number, not ""'],
  ])('names the line of %s', async (_, text, message) => {
    const { items } = named();
    const error = await failure(importRecords(items, fileOf('a.csv', text), { key: 'id' }));
    expect(error.message).toContain(message);
    expect(items.count()).toBe(0);
  });

  it('goes on behind rows that cannot be read', async () => {
    const { items } = named();
    const text = 'id,n\na,1\nb"b,2\nc,3\nd"d"d,4\ne\n"f\n",5\nbad,x\n\ng,6';
    const rejects = newPath('rejects.ndjson');
    const result = await importRecords(items, fileOf('a.csv', text), { key: 'id', rejects });
    expect(result).toMatchObject({ rows: 4, rejected: 4 });
    expect(items.range().keys().toArray()).toEqual(['a', 'c', 'f\n', 'g']);
    const told = textOf(rejects)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; record: string });
    expect(told.map(({ line, record }) => [line, record])).toEqual([
      [3, 'b"b,2'],
      [5, 'd"d"d,4'],
      [6, 'e'],
      [9, 'bad,x'],
    ]);
  });

  it('takes names of columns for a file without any, and leaves texts as they are', async () => {
    const { items } = collectionOf({ key: tuple, value: json });
    await importRecords(items, fileOf('a.csv', ' a , 007\n'), { key: ['x', 'y'], columns: ['x', 'y'] });
    expect(items.get([' a ', ' 007'])).toEqual({ x: ' a ', y: ' 007' });
  });

  it('makes keys of numbers from texts', async () => {
    const { items } = collectionOf({ key: uint32, value: json });
    await importRecords(items, fileOf('a.csv', 'id\n7\n'), { key: 'id' });
    expect(items.get(7)).toEqual({ id: '7' });
  });
});

describe('what cannot be imported', () => {
  const bad = lines(
    '{"id":"a","n":1}',
    '{"id":"b","n":"x"}',
    '{"id":5,"n":1}',
    'no json',
    '{"id":"c","n":2}',
    '{"n":2}',
  );

  it('stops the import, with the error of the first, and nothing is stored', async () => {
    const { items } = named();
    const file = fileOf('bad.ndjson', bad);
    const error = await failure(importRecords(items, file, { key: 'id' }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE', line: 2 });
    expect(error.message).toBe(`'${file}', line 2: value.n must be a number (u32), not "x". Nothing was stored`);
    expect(items.count()).toBe(0);
  });

  it('is skipped and told', async () => {
    const { items } = named();
    const result = await importRecords(items, fileOf('bad.ndjson', bad), { key: 'id', onError: 'skip' });
    expect(result).toMatchObject({ rows: 2, rejected: 4 });
    expect(result.errors?.map(({ line, code }) => [line, code])).toEqual([
      [2, 'ERR_INVALID_ARG_TYPE'],
      [3, 'ERR_INVALID_ARG_TYPE'],
      [4, 'ERR_INVALID_ARG_VALUE'],
      [6, 'ERR_INVALID_ARG_VALUE'],
    ]);
    expect(items.range().keys().toArray()).toEqual(['a', 'c']);
  });

  it('is collected in a file', async () => {
    const { items } = named();
    const rejects = newPath('rejects.ndjson');
    await importRecords(items, fileOf('bad.ndjson', bad), { key: 'id', rejects });
    const told = textOf(rejects)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(told[0]).toEqual({
      line: 2,
      code: 'ERR_INVALID_ARG_TYPE',
      message: 'value.n must be a number (u32), not "x"',
      record: '{"id":"b","n":"x"}',
    });
    expect(told.map(({ line }) => line)).toEqual([2, 3, 4, 6]);
  });

  it('is what a key function throws, or a key that is too long', async () => {
    const { items } = collectionOf({ key: tuple, value: json });
    const file = fileOf('a.ndjson', lines('{"id":"a"}', `{"id":"${'x'.repeat(600)}"}`, '{"id":"b"}'));
    const key = ({ id }: { id: string }) => {
      if (id === 'b') throw new Error('b is not wanted');
      return [id];
    };
    const { rejected, errors } = await importRecords(items, file, { key, onError: 'skip' });
    expect(rejected).toBe(2);
    expect(errors?.[0]).toMatchObject({ code: 'ERR_KEY_SIZE', line: 2 });
    expect(errors?.[1]?.message).toContain('line 3: b is not wanted');
  });
});

describe('arguments', () => {
  const file = fileOf('a.ndjson', '{"id":"a"}\n');

  it.each([
    ['an unknown option', file, { keys: 'id' }, 'ERR_INVALID_ARG_VALUE'],
    ['a key of another type', file, { key: 5 }, 'ERR_INVALID_ARG_TYPE'],
    ['too little memory', file, { maxMemoryBytes: 1 }, 'ERR_OUT_OF_RANGE'],
    ['an unknown format', file, { format: 'xml' }, 'ERR_INVALID_ARG_VALUE'],
    ['a name that tells no format', fileOf('a.txt', ''), {}, 'ERR_INVALID_ARG_VALUE'],
    ['a file that does not exist', '/nowhere/a.ndjson', { key: 'id' }, 'ENOENT'],
    ['a directory', '/', { key: 'id', format: 'ndjson' }, 'EISDIR'],
    ['a source of another type', 5, { key: 'id' }, 'ERR_INVALID_ARG_TYPE'],
    ['several fields for a key of one', file, { key: ['id', 'x'] }, 'ERR_INVALID_ARG_VALUE'],
    ['a rejects file that cannot be made', file, { key: 'id', rejects: '/nowhere/rejects' }, 'ENOENT'],
    ['a stream to be resumed', Readable.from([]), { key: 'id', resume: true }, 'ERR_INVALID_ARG_VALUE'],
  ])('%s is refused', async (_, source, options, code) => {
    const { items } = asJson();
    expect(await failure(importRecords(items, source as string, options as object))).toMatchObject({ code });
  });

  it('a collection must be one, open and writable', async () => {
    expect(await failure(importRecords({} as never, file))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    const { env, items } = asJson();
    env.close();
    expect(await failure(importRecords(items, file, { key: 'id' }))).toMatchObject({ code: 'ERR_ENV_CLOSED' });
  });
});

describe('a signal', () => {
  it('aborts before, during, and while the input is stuck', async () => {
    const { items } = asJson();
    const reason = new Error('enough');
    const before = await failure(
      importRecords(items, fileOf('a.ndjson', '{"id":"a"}\n'), { key: 'id', signal: AbortSignal.abort(reason) }),
    );
    expect(before).toMatchObject({ code: 'ABORT_ERR', name: 'AbortError', cause: reason });
    expect(before).toBeInstanceOf(LeaseholdError);
    const controller = new AbortController();
    const stuck = new Readable({ read() {} });
    stuck.push('{"id":"a"}\n');
    setTimeout(() => controller.abort(), 10);
    const during = await failure(importRecords(items, stuck, { key: 'id', signal: controller.signal }));
    expect(during).toMatchObject({ code: 'ABORT_ERR' });
    expect(items.count()).toBe(0);
  });
});

describe('unsorted input', () => {
  const count = 60_000;
  /** A permutation of the numbers below `count`, with some keys twice: the second time with another value. */
  function* shuffled(): Generator<string> {
    let text = '';
    for (let i = 0; i < count + 1000; i++) {
      const id = (i * 7919) % count;
      text += `{"id":"${String(id).padStart(9, '0')}","n":${i},"pad":"${'x'.repeat(id % 330)}"}\n`;
      if (text.length > 60_000) {
        yield text;
        text = '';
      }
    }
    yield text;
  }

  it('beyond memory is sorted in files that vanish; of equal keys the last stays', async () => {
    const { env, items } = collectionOf({ key: utf8, value: struct({ id: t.utf8, n: t.u32, pad: t.utf8 }) });
    const result = await importRecords(items, Readable.from(shuffled()), { key: 'id', maxMemoryBytes: 4 * 2 ** 20 });
    expect(result.rows).toBe(count + 1000);
    let i = 0;
    items.scan({}, ({ key, value }) => {
      if (key !== String(i).padStart(9, '0')) throw new Error(`${key} where ${i} should be`);
      if ((value.n * 7919) % count !== i) throw new Error(`a wrong value at ${i}`);
      i++;
    });
    expect(i).toBe(count);
    for (let k = 0; k < 1000; k++) {
      const id = String(((count + k) * 7919) % count).padStart(9, '0');
      expect(items.get(id)?.n).toBe(count + k);
    }
    expect(readdirSync(env.path).sort()).toEqual(['data.mdb', 'lock.mdb']);
  }, 60_000);

  it('leaves no files behind when it fails', async () => {
    const { env, items } = collectionOf({ key: utf8, value: struct({ id: t.utf8, n: t.u32, pad: t.utf8 }) });
    function* failing(): Generator<string> {
      yield* shuffled();
      throw new Error('the source broke');
    }
    const error = await failure(
      importRecords(items, Readable.from(failing()), { key: 'id', maxMemoryBytes: 4 * 2 ** 20 }),
    );
    expect(error.message).toContain('the source broke');
    expect(readdirSync(env.path).sort()).toEqual(['data.mdb', 'lock.mdb']);
  }, 60_000);
});
