// LMDB's own tools, and leasehold's, on a collection with keys of any length.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportRecords, importRecords, open, utf8 } from '../../lib/index.ts';
import { formatDump, parseDump } from '../interop/dump.ts';
import { compiledTools, load, run } from '../interop/tools.ts';
import { codeOf, openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';

const tools = compiledTools();
const codecs = { key: utf8, value: utf8 };
const KEYS = ['', '\0', 'a', 'a'.repeat(503), `${'a'.repeat(503)}\0`, 'a'.repeat(511), 'a'.repeat(2000), 'b'];

function made(): string {
  const path = join(temporaryFolder(), 'db');
  const env = open(path);
  const items = env.collection('items', { ...codecs, keys: 'any' });
  for (const key of KEYS.toReversed()) items.put(key, `value of ${key.length}`);
  env.close();
  return path;
}

test('mdb_dump shows what is stored: keys that fit as they are, long ones before their values', () => {
  const stored = parseDump(run(tools.dump, ['-s', 'items', made()])).get('items') ?? [];
  expect(stored.map(([key]) => key.length)).toEqual([1, 2, 1, 503, 511, 511, 511, 1]);
  expect(stored.map(([key]) => key).toSorted(Buffer.compare)).toEqual(stored.map(([key]) => key));
  expect(String(stored[2]?.[1])).toBe('value of 1');
  const [key, value] = stored[6] ?? [];
  expect(String(key?.subarray(0, 503))).toBe('a'.repeat(503));
  expect(value?.readUInt32BE(0)).toBe(2000);
  expect(String(value?.subarray(4))).toBe(`${'a'.repeat(2000)}value of 2000`);
});

test('mdb_dump and mdb_load, and a compacting copy, give the same entries', async () => {
  const path = made();
  const loaded = join(temporaryFolder(), 'loaded');
  load(tools, loaded, run(tools.dump, ['-a', path]));
  const copied = temporaryFolder();
  await openAt(path).copy(copied, { compact: true });
  for (const each of [loaded, copied]) {
    const env = openAt(each);
    const items = env.collection('items', codecs);
    expect(Array.from(items.range(), ({ key, value }) => [String(key), String(value)])).toEqual(
      KEYS.map((key) => [key, `value of ${key.length}`]),
    );
    items.put('c'.repeat(600), 'new');
    expect(String(items.get('c'.repeat(600)))).toBe('new');
  }
});

test.each(['ndjson', 'csv', 'dump'] as const)('export and import as %s', async (format) => {
  const items = openAt(made()).collection('items', codecs);
  const other = openTemporary().collection('other', { ...codecs, keys: 'any' });
  const path = join(temporaryFolder(), 'exported');
  await exportRecords(items.range(), path, { format });
  await importRecords(other, path, { format });
  expect(Array.from(other.range(), ({ key, value }) => [String(key), String(value)])).toEqual(
    KEYS.map((key) => [key, `value of ${key.length}`]),
  );
});

// The stored key of a long key: its first bytes and a label.
const LONG = Buffer.concat([Buffer.alloc(503, 'a'), Buffer.from('8000000000000000', 'hex')]);

test.each([
  ['no value', ''],
  ['part of a length', '000001'],
  ['a length beyond the value', '00000300aaaa'],
  ['a length that is too short', `00000002${'61'.repeat(700)}`],
  ['a length of 4 GiB', `ffffffff${'61'.repeat(700)}`],
])('a long key with %s is MDB_CORRUPTED wherever it is read, and others are not', (_, value) => {
  const folder = temporaryFolder();
  const before = openAt(folder);
  const plain = before.collection('items', { ...codecs, keys: 'any' });
  plain.put('Z', 'before');
  plain.put('b', 'behind');
  before.close();
  run(tools.load, [folder], formatDump('items', [[LONG, Buffer.from(value, 'hex')]]));

  const env = openAt(folder);
  const items = env.collection('items', codecs);
  const long = 'a'.repeat(600);
  const inside = (): void => {
    for (const call of [
      () => items.get(long),
      () => items.has(long),
      () => items.getMany(['Z', long]),
      () => [...items.range()],
      () => [...items.range({ reverse: true })],
      () => [...items.range().keys()],
      () => items.scan({}, () => {}),
      () => items.count({ gt: long }),
    ]) {
      expect(codeOf(call), String(call)).toBe('MDB_CORRUPTED');
    }
    expect(items.count()).toBe(3);
    expect(String(items.get('b'))).toBe('behind');
    expect([...items.range({ gte: 'b' })].map(({ value: found }) => String(found))).toEqual(['behind']);
  };
  inside();
  env.read(inside);
  env.write(inside);
  expect(codeOf(() => items.put(long, 'new'))).toBe('MDB_CORRUPTED');
  expect(codeOf(() => items.del(long))).toBe('MDB_CORRUPTED');
});
