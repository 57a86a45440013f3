import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, json, uint32 } from '../../lib/index.ts';
import { runChild } from '../support/child.ts';
import { collectionOf, temporaryFolder } from '../support/fixture.ts';
import { failure, fileOf, newPath, textOf } from './files.ts';

function filled(count = 4_000) {
  const { env, items } = collectionOf({ key: uint32, value: json });
  env.write(() => {
    for (let i = 0; i < count; i++) items.put(i, { i, pad: 'x'.repeat(550) });
  });
  return { env, items };
}
const { env, items } = filled();
const size = items
  .range()
  .values()
  .map((value) => JSON.stringify(value).length + 1)
  .toArray()
  .reduce((a, b) => a + b);

/** How many snapshots are still in use after a drain. */
function snapshots(): number {
  env.resize();
  return env.counters().snapshots;
}

describe('a target', () => {
  it('may be a URL, and a stream that is no Writable of Node', async () => {
    const file = newPath('out.ndjson');
    expect(await exportRecords(items.range(), pathToFileURL(file))).toMatchObject({ bytes: size });
    const through = new PassThrough();
    const own = {
      write: (bytes: Uint8Array) => through.write(bytes),
      end: () => through.end(),
      on: (name: string, fn: () => void) => through.on(name, fn),
      off: (name: string, fn: () => void) => through.off(name, fn),
    };
    through.resume();
    expect(await exportRecords(items.range(), own as never)).toMatchObject({ bytes: size });
  });

  it('that is a stream keeps none of our listeners', async () => {
    const stream = createWriteStream(newPath('out.ndjson'));
    const names = ['error', 'drain', 'finish', 'close'];
    const before = names.map((name) => stream.listenerCount(name));
    await exportRecords(items.range(), stream);
    expect(names.map((name) => stream.listenerCount(name))).toEqual(before);
  });

  it('behind a link is replaced, and the link stays; its permissions stay too', async () => {
    const file = fileOf('private.ndjson', 'before');
    chmodSync(file, 0o600);
    const link = join(temporaryFolder(), 'link.ndjson');
    symlinkSync(file, link);
    await exportRecords(items.range(), link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(file).size).toBe(size);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(['private.ndjson']);
  });

  it('that is a named pipe is written as it is, packed too', async () => {
    const pipe = newPath('pipe.ndjson.gz');
    execFileSync('mkfifo', [pipe]);
    const read = (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of createReadStream(pipe)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    })();
    const { bytes } = await exportRecords(items.range(), pipe);
    const packed = await read;
    expect([packed.length, gunzipSync(packed).length]).toEqual([bytes, size]);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  it('that is a device stays one', async () => {
    await exportRecords(items.range(), '/dev/null', { format: 'ndjson' });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.runIf(existsSync('/dev/full')).each(['ndjson', 'csv', 'dump'] as const)(
    'that is a full disk fails the export in %s, and holds no snapshot',
    async (format) => {
      const error = await failure(exportRecords(items.range(), '/dev/full', { format }));
      expect(error).toMatchObject({ code: 'ENOSPC' });
      expect(error.message).toContain("cannot write '/dev/full'");
      const stream = createWriteStream('/dev/full');
      expect(await failure(exportRecords(items.range(), stream, { format }))).toMatchObject({ code: 'ENOSPC' });
      expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
      expect(snapshots()).toBe(0);
    },
  );

  it('whose reader has gone fails the export', async () => {
    const child = spawn('head', ['-c', '10'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const error = await failure(exportRecords(items.range(), child.stdin));
    expect(['EPIPE', 'ECONNRESET']).toContain(error.code);
    expect(error.message).toContain('cannot write the output');
    expect(snapshots()).toBe(0);
  });

  it('whose error comes after all has been written does not end the process', () => {
    const { status, told, stderr } = runChild(`
      const { Writable } = await import('node:stream');
      const { mkdtempSync } = await import('node:fs');
      const env = open(mkdtempSync('/tmp/leasehold-'), { durability: 'nosync' });
      const items = env.collection('items', { key: uint32, value: json });
      items.put(1, { a: 1 });
      const failing = new Writable({ write: (chunk, encoding, done) => done(new Error('broken')) });
      const code = await leasehold.exportRecords(items.range(), failing).then(() => 'none', (error) => error.message);
      failing.emit('error', new Error('once more'));
      tell(code);`);
    expect([status, told, stderr]).toEqual([0, ['cannot write the output: broken'], '']);
  });

  it('that is a directory, locked, or of the web is refused', async () => {
    const folder = join(temporaryFolder(), 'a.ndjson');
    mkdirSync(folder);
    expect(await failure(exportRecords(items.range(), folder))).toMatchObject({ code: 'EISDIR' });
    const locked = new WritableStream();
    locked.getWriter();
    expect(await failure(exportRecords(items.range(), locked))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    const web = new URL('https://example.org/a.ndjson');
    expect(await failure(exportRecords(items.range(), web))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(readdirSync(dirname(folder))).toEqual(['a.ndjson']);
  });

  it('may be the file that the records came from', async () => {
    const { items: own } = filled(0);
    const file = fileOf('rows.ndjson', '{"i":2}\n{"i":1}\n');
    await importRecords(own, file, { key: 'i' });
    const importing = importRecords(own, file, { key: 'i' });
    await Promise.all([importing, exportRecords(own.range(), file)]);
    expect(textOf(file)).toBe('{"i":1}\n{"i":2}\n');
    expect(own.count()).toBe(2);
  });
});

describe('a signal', () => {
  /** A stream that takes one piece and then blocks, and a promise that it has taken that piece. */
  function stuck() {
    let wrote = (): void => {};
    const taken = new Promise<void>((resolve) => {
      wrote = resolve;
    });
    return { stream: new Writable({ highWaterMark: 1, write: () => wrote() }), taken };
  }

  it('ends an export before it begins, and leaves what is there', async () => {
    const file = fileOf('out.ndjson', 'before');
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await failure(exportRecords(items.range(), file, { signal }))).toMatchObject({
      code: 'ABORT_ERR',
      cause: { message: 'enough' },
    });
    expect([textOf(file), readdirSync(dirname(file))]).toEqual(['before', ['out.ndjson']]);
  });

  it('ends an export whose target is stuck', async () => {
    const { stream, taken } = stuck();
    const controller = new AbortController();
    const exporting = exportRecords(items.range(), stream, { signal: controller.signal });
    await taken;
    controller.abort();
    expect(await failure(exporting)).toMatchObject({ code: 'ABORT_ERR', name: 'AbortError' });
    expect(snapshots()).toBe(0);
  });

  it('ends the first pass of CSV', async () => {
    const controller = new AbortController();
    const value = {
      name: 'aborting',
      encode: (n: number) => Buffer.from(String(n)),
      decode: (bytes: Uint8Array) => {
        if (bytes[0] === 0x39) controller.abort();
        return { n: 1 };
      },
    };
    const { env: own, items: numbers } = collectionOf({ key: uint32, value });
    own.write(() => {
      for (let i = 0; i < 1000; i++) numbers.put(i, i as never);
    });
    const file = newPath('out.csv');
    const error = await failure(exportRecords(numbers.range(), file, { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'ABORT_ERR' });
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  const shuffled = fileOf(
    'shuffled.ndjson',
    Array.from({ length: 13_000 }, (_, i) => `{"i":${(i * 7919) % 13_000},"pad":"${'x'.repeat(400)}"}\n`).join(''),
  );

  it.each<[string, number]>([
    ['while records are read to be sorted', 4_300],
    ['while they are stored, all of them read', 13_000],
  ])('ends an import %s, and leaves no files', async (_, after) => {
    const controller = new AbortController();
    const { env: own, items: rows } = filled(0);
    let calls = 0;
    const key = ({ i }: { i: number }): number => {
      if (++calls === after) controller.abort();
      return i;
    };
    const options = { key, maxMemoryBytes: 4 * 2 ** 20, signal: controller.signal };
    const error = await failure(importRecords(rows, shuffled, options));
    expect(error).toMatchObject({ code: 'ABORT_ERR' });
    expect(readdirSync(own.path).sort()).toEqual(['data.mdb', 'lock.mdb']);
    const { rows: all } = await importRecords(rows, shuffled, { key: 'i', maxMemoryBytes: 4 * 2 ** 20 });
    expect([all, rows.count()]).toEqual([13_000, 13_000]);
  });

  it('that is given when all is done changes nothing', async () => {
    const controller = new AbortController();
    const { items: rows } = filled(0);
    await importRecords(rows, ['{"i":1}\n'] as never, { key: 'i', signal: controller.signal });
    const file = newPath('out.ndjson');
    await exportRecords(rows.range(), file, { signal: controller.signal });
    controller.abort();
    expect([rows.count(), textOf(file)]).toEqual([1, '{"i":1}\n']);
  });
});

describe('code of a program that is called in the middle of an export', () => {
  const acting = (act: (n: number) => void) => ({
    name: 'acting',
    encode: (n: number) => Buffer.from(String(n)),
    decode: (bytes: Uint8Array) => {
      const n = Number(Buffer.from(bytes).toString());
      act(n);
      return n;
    },
  });

  it.each(['out.ndjson', 'out.csv'])('may use the collection: %s', async (name) => {
    const { env: own, items: numbers } = collectionOf({
      key: uint32,
      value: acting((n) => {
        if (n % 10 === 1) numbers.put(n + 100_000, n);
        if (n === 7) own.write(() => numbers.del(8));
      }),
    });
    own.write(() => {
      for (let i = 0; i < 3000; i++) numbers.put(i, i);
    });
    const file = newPath(name);
    expect(await exportRecords(numbers.range(), file)).toMatchObject({ rows: 3000 });
    expect(textOf(file)).toContain('8');
    expect(numbers.count()).toBe(3000 - 1 + 300);
  });

  it.each<[string, 'end' | 'close', string]>([
    ['ends the transaction', 'end', 'ERR_TXN_ENDED'],
    ['closes the environment', 'close', 'ERR_TXN_ENDED'],
  ])('and %s, ends it', async (_, what, code) => {
    let act = (): void => {};
    const { env: own, items: numbers } = collectionOf({
      key: uint32,
      value: acting((n) => {
        if (n === 2500) act();
      }),
    });
    own.write(() => {
      for (let i = 0; i < 3000; i++) numbers.put(i, i);
    });
    const txn = own.read();
    act = () => (what === 'end' ? txn.end() : own.close());
    const file = newPath('out.ndjson');
    const error = await failure(exportRecords(numbers.range({}, txn), file));
    expect(error.code).toBe(code);
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it('a range of a write transaction cannot outlive it', async () => {
    const file = newPath('out.ndjson');
    let exporting: Promise<unknown> | undefined;
    env.write((txn) => {
      exporting = exportRecords(items.range({}, txn), file);
    });
    expect(await failure(exporting as Promise<unknown>)).toMatchObject({ code: 'ERR_TXN_ENDED' });
    writeFileSync(file, 'whole');
  });
});
