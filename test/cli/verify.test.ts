import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytes, type CollectionOptions, json, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { leasehold, processOf } from './command.ts';
import { makeDatabase } from './world.ts';

function verify(path: string) {
  const { status, stdout, stderr } = processOf(['verify', path]);
  const lines = stdout.split('\n').slice(0, -1);
  return { status, stderr, found: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a sound database has no problems', () => {
  const { status, stderr, found } = verify(makeDatabase());
  expect([status, stderr]).toEqual([0, '']);
  expect(found.map(({ collection, problems }) => [collection, problems])).toEqual(
    ['', 'cities', 'numbers', 'own', 'raw', 'texts', 'words'].map((name) => [name, 0]),
  );
});

test('values and keys that do not decode are told, and fail the check', async () => {
  const env = openTemporary();
  const options = { key: utf8, value: json } as CollectionOptions<string, unknown, string, unknown>;
  const items = env.collection('items', options);
  items.put('good', 1);
  for (let i = 0; i < 30; i++) items.put(`bad${i}`, i);
  env.close();
  // The values of another codec, below the same name.
  const other = openTemporary();
  const raw = other.collection('items', { key: bytes, value: bytes });
  raw.put(Buffer.from('good'), Buffer.from('1'));
  raw.put(Buffer.from([0xff]), Buffer.from('1'));
  for (let i = 0; i < 30; i++) raw.put(Buffer.from(`bad${i}`), Buffer.from('{'));
  other.close();
  const catalog = (await leasehold(['export', other.path, 'items', '--format', 'dump'])).stdout;
  expect((await leasehold(['import', env.path, 'items', '-', '--format', 'dump'], catalog)).status).toBe(0);
  const { status, found } = verify(env.path);
  expect(status).toBe(1);
  const [, { problems, entries, found: told }] = found as [
    unknown,
    { problems: number; entries: number; found: string[] },
  ];
  expect([entries, problems, told.length]).toEqual([32, 31, 10]);
  expect(told[0]).toMatch(/^the value of the key "bad0": /);
});

const [LEAF, BIG] = [2, 1];

/** Makes a value claim to be longer than the file. */
function lengthen(data: Buffer, page: number): void {
  const nodes = (data.readUInt16LE(page + 12) - 16) / 2;
  for (let i = 0; i < nodes; i++) {
    const node = page + data.readUInt16LE(page + 16 + 2 * i);
    if (data.readUInt16LE(node + 4) === BIG) data.writeUInt32LE(0x3000_0000, node);
  }
}

/** Makes a page claim that it ends before it begins. LMDB then looks for entries outside of the page. */
function invert(data: Buffer, page: number): void {
  const node = page + data.readUInt16LE(page + 16);
  if (data.readUInt16LE(node + 4) === BIG) data.writeUInt16LE(0, page + 12);
}

/** A database of large values whose leaf pages `spoil` has damaged. */
function damaged(spoil: (data: Buffer, page: number) => void): string {
  const env = openTemporary();
  const blobs = env.collection('blobs', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < 10; i++) blobs.put(i, Buffer.alloc(9000, i));
  });
  env.close();
  const data = readFileSync(join(env.path, 'data.mdb'));
  for (let page = 2 * 4096; page < data.length; page += 4096) {
    if (data.readUInt16LE(page + 10) === LEAF) spoil(data, page);
  }
  const target = join(temporaryFolder(), 'damaged');
  mkdirSync(target);
  writeFileSync(join(target, 'data.mdb'), data);
  return target;
}

test.each([
  ['is an error', lengthen, 'the database file is damaged'],
  ['ends a process by a signal', invert, 'SIG'],
])('a file whose reading %s does not take the command down', (_, spoil, words) => {
  const { status, stderr, found } = verify(damaged(spoil));
  expect(status).toBe(3);
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^leasehold: MDB_CORRUPTED: /);
  expect(stderr).toContain('blobs');
  expect(found.map(({ collection }) => collection)).toEqual(['']);
});

test.each<[string, (path: string) => void, string]>([
  ['shorter than its last page', (path) => truncateSync(path, 3 * 4096), 'MDB_CORRUPTED'],
  ['no database', (path) => writeFileSync(path, Buffer.alloc(8192, 1)), 'MDB_INVALID'],
])('a file that is %s is at fault', (_, spoil, code) => {
  const db = makeDatabase();
  spoil(join(db, 'data.mdb'));
  const { status, stderr, found } = verify(db);
  expect([status, found]).toEqual([3, []]);
  expect(stderr).toContain(code);
});
