import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askChild, builtLibrary } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

// Each test runs in a new process, since the first call of one of these functions loads its code.
const prelude = `
const { EventEmitter } = await import('node:events');
const { readFileSync } = await import('node:fs');
const { join } = await import('node:path');
const { Readable, Writable } = await import('node:stream');
const { exportRecords, importRecords, inferSchema } = leasehold;
const env = open(args.path);
const texts = env.collection('texts', { key: utf8, value: utf8 });
texts.put('a', 'first');
const outcomeOf = (promise) => promise.then((result) => ({ rows: result.rows }), ({ code, message }) => ({ code: code ?? null, message }));
`;

function ask(source: string): unknown {
  return askChild(`${prelude}${source}`, { path: temporaryFolder() });
}

describe('the first call in a process', () => {
  test('of importRecords, of a stream that fails at once, rejects with its error', () => {
    expect(
      ask(
        `tell(await outcomeOf(importRecords(texts, new Readable({ read() { this.destroy(new Error('gone')); } }))));`,
      ),
    ).toMatchObject({
      message: expect.stringContaining('gone'),
    });
    expect(
      ask(`const stream = new Readable({ read() {} });
      const promise = outcomeOf(importRecords(texts, stream));
      stream.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
      tell(await promise);`),
    ).toEqual({ code: 'ECONNRESET', message: expect.stringContaining('gone') });
  });

  test('of inferSchema, of a stream that fails at once, rejects with its error', () => {
    expect(
      ask(`const stream = new Readable({ read() {} });
      const promise = outcomeOf(inferSchema(stream));
      stream.destroy(new Error('gone'));
      tell(await promise);`),
    ).toMatchObject({ message: expect.stringContaining('gone') });
  });

  test('of exportRecords, to a stream that fails at once, rejects with its error', () => {
    expect(
      ask(`const stream = new Writable({ write() {} });
      const promise = outcomeOf(exportRecords(texts.range(), stream));
      stream.destroy(new Error('gone'));
      tell(await promise);`),
    ).toMatchObject({ message: expect.stringContaining('gone') });
    expect(
      ask(`const stream = Object.assign(new EventEmitter(), { write: () => true, end() {} });
      const promise = outcomeOf(exportRecords(texts.range(), stream));
      stream.emit('error', new Error('gone'));
      tell(await promise);`),
    ).toMatchObject({ message: expect.stringContaining('gone') });
  });

  test.each([
    ['is closed before', 'stream.destroy(); await new Promise((done) => stream.once("close", done));', ''],
    ['is closed at once', '', 'stream.destroy();'],
  ])('of exportRecords, to a stream that %s, rejects and ends its transaction', (_, before, after) => {
    expect(
      ask(`const stream = new Writable({ write() {} });
      ${before}
      const promise = outcomeOf(exportRecords(texts.range(), stream));
      ${after}
      tell([await promise, env.counters().snapshots]);`),
    ).toEqual([{ code: 'EPIPE', message: 'cannot write the output: it was closed before the end' }, 0]);
  });

  test('of exportRecords writes what was there when it was called', () => {
    expect(
      ask(`const target = join(args.path, 'texts.ndjson');
      const promise = outcomeOf(exportRecords(texts.range(), target));
      texts.put('a', 'second');
      texts.put('b', 'second');
      tell([await promise, readFileSync(target, 'utf8')]);`),
    ).toEqual([{ rows: 1 }, '{"key":"a","value":"first"}\n']);
  });

  test('that is refused ends the transaction that it has begun', () => {
    expect(
      ask(
        `tell([await outcomeOf(exportRecords(texts.range(), 'texts.ndjson', { format: 'xml' })), env.counters().snapshots]);`,
      ),
    ).toEqual([{ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('format') }, 0]);
  });
});

test('importing the library does not load their code', () => {
  const library = join(builtLibrary(), 'dist');
  const loaded = new Set<string>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^;]*?\bfrom ?["'](\.[^"']+)["'];/gm);
    for (const [, to] of imports) load(join(dirname(path), to as string));
  };
  load(join(library, 'index.js'));
  const sources = [...loaded].flatMap((path) => {
    const map = `${path}.map`;
    return existsSync(map) ? (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources : [];
  });
  expect(sources.map((path) => path.split('/lib/')[1]).filter((path) => path?.startsWith('transfer/'))).toEqual([
    'transfer/transfer.ts',
  ]);
});
