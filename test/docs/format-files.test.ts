import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import {
  bytes,
  type Collection,
  exportRecords,
  importRecords,
  msgpack,
  struct,
  t,
  tuple,
  uint32,
  utf8,
} from '../../lib/index.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { currentTable } from '../../lib/lease/row-table.ts';
import { ReceivedBlock } from '../../lib/lease/sources/received-block.ts';
import { CONTROL_BASE, CONTROL_KEY_WINDOW, CONTROL_VALUE_WINDOW } from '../../lib/native/constants.ts';
import { control, native } from '../../lib/native/native.ts';
import { FileRun } from '../../lib/transfer/sort/sorted-run.ts';
import { parseDump } from '../interop/dump.ts';
import { compiledTools } from '../interop/tools.ts';
import { openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { encode } from '../support/sinks.ts';
import { City, example, hexOf, PAGE, PARIS } from './format-page.ts';
import { readBatch, readDump, readReceived, readRun, readSynced } from './format-reader.ts';

const VIEWS = {
  key: (lease: Lease, at: number) => utf8.view(lease, at),
  value: (lease: Lease, at: number) => utf8.view(lease, at),
  aimsKey: false,
  aimsValue: false,
  lead: 0,
  versions: false,
  expires: false,
};

afterEach(() => {
  vi.restoreAllMocks();
});

test('the catalog, and the structures of msgpack', async () => {
  const path = temporaryFolder();
  const env = openAt(path);
  env.collection('towns', { key: utf8, value: City }).put('FR', PARIS as never);
  const events = env.collection('events', { key: tuple, value: msgpack });
  events.put(['a'], { kind: 'login', user: 7 });
  expect(hexOf(env.read((txn) => events.getBuffer(['a'], txn) as Buffer))).toBe(hexOf(example('msgpack')));
  // The number of the structure depends on what was encoded before, so put the number of the page in its place.
  const alone = hexOf(encode(msgpack, { kind: 'login', user: 7 })).replace(/^d472[67][0-9a-f]/, 'd47260');
  expect(alone).toBe(hexOf(example('msgpack-alone')));
  const file = join(temporaryFolder(), 'users.csv');
  // Enough rows for several transactions. The import stops at the last row, which is invalid.
  const rows = Array.from({ length: 3000 }, (_, i) => `${i === 2999 ? 'bad' : i},${'x'.repeat(800)}\n`);
  writeFileSync(file, `id,pad\n${rows.join('')}`);
  const users = env.collection('users', { key: uint32, value: struct({ id: t.u32, pad: t.utf8 }) });
  await expect(importRecords(users as never, file, { key: 'id', maxMemoryBytes: 2 ** 22 })).rejects.toThrow('bad');
  env.close();

  const dumped = execFileSync(compiledTools().dump, ['-s', '__leasehold', path], { encoding: 'utf8' });
  const entries = new Map(
    (parseDump(dumped).get('__leasehold') ?? []).map(([key, value]) => [
      key.toString('latin1'),
      JSON.parse(String(value)),
    ]),
  );
  const schema = JSON.parse(/```json\n(.*?)\n```/s.exec(PAGE)?.[1] as string);
  expect(entries.get('towns')).toEqual({ key: 'utf8', value: schema });
  expect(entries.get('events')).toEqual({ key: 'tuple', value: 'msgpack' });
  expect(entries.get('\0events')).toEqual([['kind', 'user']]);
  expect(PAGE).toContain(`\`${City.fingerprint}\``);
  expect(City.fingerprint).toBe(createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 16));
  const sha = (text: string): Buffer => createHash('sha256').update(text).digest();
  const imported = entries.get(`\0import\0${sha('users').toString('hex')}${sha(file).toString('latin1')}`);
  const names = ['identity', 'mark', 'rows', 'rejected', 'rejectsSize', 'inferred'];
  expect(new Set(Object.keys(imported ?? {}))).toEqual(new Set(names));
});

test('a dump', async () => {
  const env = openTemporary();
  const towns = env.collection('towns', { key: utf8, value: utf8 });
  towns.put('FR', 'Paris');
  const file = join(temporaryFolder(), 'towns.dump');
  await exportRecords(towns.range() as never, file);
  const written = readFileSync(file, 'utf8');
  const shown = /```text dump\n(.*?)```/s.exec(PAGE)?.[1] as string;
  expect(written.replace(/db_pagesize=\d+/, 'db_pagesize=4096')).toBe(shown);
  const { header, entries } = readDump(shown);
  expect(header).toMatchObject({ VERSION: '3', format: 'bytevalue', database: 'towns' });
  expect(entries.map(([key, value]) => [String(key), String(value)])).toEqual([['FR', 'Paris']]);
  const pairs = env.collection('pairs', { key: utf8, value: utf8, dupSort: true });
  pairs.put('a', 'b');
  await exportRecords(pairs.range() as never, join(temporaryFolder(), 'pairs.dump')).then(({ rows }) =>
    expect(rows).toBe(1),
  );
});

test('a row of the table says where the key and the value lie in the file', () => {
  const path = temporaryFolder();
  const env = openAt(path);
  const items = env.collection('items', { key: utf8, value: bytes });
  items.put('key', Buffer.from('value'));
  using txn = env.read();
  const [entry] = items.range({}, txn);
  expect(entry?.key).toBe('key');
  const base = control[CONTROL_BASE] as number;
  const [keyAt, keyLength, valueAt, valueLength] = currentTable().subarray(base, base + 4) as unknown as number[];
  const windows = [control[CONTROL_KEY_WINDOW], control[CONTROL_VALUE_WINDOW]] as number[];
  const file = openSync(join(path, 'data.mdb'), 'r');
  const at = (window: number, offset: number, length: number): string => {
    const found = Buffer.alloc(length);
    readSync(file, found, 0, length, window * 2 ** 30 + offset);
    return found.toString();
  };
  expect(at(windows[0] as number, keyAt as number, keyLength as number)).toBe('key');
  expect(at(windows[1] as number, valueAt as number, valueLength as number)).toBe('value');
  closeSync(file);
});

test('a received block', () => {
  const block = example('received');
  const place = { begin: 0, size: 37, table: 0, rows: 2 };
  const expected = [
    ['a', 'one'],
    ['b', ''],
  ];
  expect(readReceived(block, place).map(([key, value]) => [String(key), String(value)])).toEqual(expected);
  const received = new ReceivedBlock(block.length);
  received.receive().set(block);
  const rows = received.adopt(VIEWS, place);
  expect([0, 1].map((row) => [String(rows.key(row)), String(rows.value(row))])).toEqual(expected);
});

test('a batch in the queue', async () => {
  const env = openTemporary();
  const collection = env.collection('items', { key: utf8, value: utf8 }) as unknown as Collection<
    never,
    never,
    unknown,
    unknown
  >;
  let queued = Buffer.alloc(0);
  const { batch } = native;
  vi.spyOn(native, 'batch').mockImplementation((environment, at, length, answers) => {
    queued = Buffer.from(writer.bytes.slice(at, at + length));
    return batch(environment, at, length, answers);
  });
  await env.batch([
    { type: 'put', collection, key: 'k', value: 'v' },
    { type: 'del', collection, key: 'x' },
    { type: 'clear', collection, range: { gte: 'a', lt: 'b', limit: 5 } },
  ]);
  const shown = example('batch');
  expect(hexOf(queued.subarray(0, shown.length))).toBe(hexOf(shown));
  const [put, del, clear, ...more] = readBatch(queued).map(({ key, value, ...rest }) => [
    rest,
    String(key),
    String(value),
  ]);
  expect([put, del, clear]).toEqual([
    [{ kind: 0, collection: 0 }, 'k', 'v'],
    [{ kind: 3, collection: 0 }, 'x', ''],
    [{ kind: 5, collection: 0, range: { flags: 13, limit: 5 } }, 'b', 'a'],
  ]);
  // The batch also clears what the catalog, which is another collection, remembers of imports into this one.
  expect(more).toEqual([
    [expect.objectContaining({ kind: 5 }), expect.any(String), expect.stringContaining('\0import\0')],
  ]);
  await env.batch([
    { type: 'putNew', collection, key: 'k', value: 'v' },
    { type: 'clear', collection },
  ]);
  expect(readBatch(queued).slice(0, 2)).toMatchObject([{ kind: 1 }, { kind: 5, range: { flags: 0, limit: 2 ** 53 } }]);
});

test('a sort run', () => {
  const run = new FileRun(temporaryFolder(), 4096);
  const source = Buffer.from('aoneb');
  const rows = [
    { keyAt: 0, keyLength: 1, valueAt: 1, valueLength: 3 },
    { keyAt: 4, keyLength: 1, valueAt: 5, valueLength: 0 },
  ];
  for (const row of rows) run.write({ bytes: source, ...row, next: () => false, rewind: () => {} });
  const expected = example('run');
  expect(hexOf(run.bytes.subarray(0, expected.length))).toBe(hexOf(expected));
  run.close();
  expect(readRun(expected).map(([key, value]) => [String(key), String(value)])).toEqual([
    ['a', 'one'],
    ['b', ''],
  ]);
});

test.skipIf(process.platform !== 'linux')('synced.mdb, as docs/durability.md draws it', async () => {
  const path = temporaryFolder();
  const env = openAt(path, { durability: 'periodic' });
  env.main.put(Buffer.from('key'), Buffer.from('value'));
  await env.flush();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const [pinned] = readSynced(readFileSync(join(path, 'synced.mdb')));
  expect(pinned).toMatchObject({ state: 1, boot });
  expect(pinned?.metaSize).toBeLessThanOrEqual(256);
  env.close();
  const [clean] = readSynced(readFileSync(join(path, 'synced.mdb')));
  expect(clean).toMatchObject({ state: 2, boot: expect.any(String) });
  expect(clean?.sequence).toBeGreaterThan(pinned?.sequence as bigint);
});

test.skipIf(process.platform !== 'linux')('the bytes that are locked', () => {
  const path = temporaryFolder();
  const env = openAt(path);
  const [data, lock] = ['data.mdb', 'lock.mdb'].map((name) => statSync(join(path, name), { bigint: true }).ino);
  const locked = (inode: bigint): bigint[] =>
    [...readFileSync('/proc/locks', 'utf8').matchAll(/^\d+: \w+ +ADVISORY +\w+ +-?\d+ \w+:\w+:(\d+) (\d+) \2$/gm)]
      .filter(([, found]) => BigInt(found as string) === inode)
      .map(([, , byte]) => BigInt(byte as string));
  const namespace = statSync('/proc/self/ns/pid', { bigint: true }).ino & 0xffff_ffffn;
  const process_ = BigInt(process.pid);
  const partner = (inode: bigint): bigint => 2n ** 61n + (inode % 2n ** 61n);
  expect(new Set(locked(lock as bigint))).toEqual(
    new Set([0n, process_, 2n ** 60n + namespace * 2n ** 22n + process_, partner(data as bigint)]),
  );
  expect(locked(data as bigint)).toEqual([partner(lock as bigint)]);
  env.close();
});
