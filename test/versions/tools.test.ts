// LMDB's own tools, and leasehold's, on a collection with versions.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportRecords, importRecords, open, utf8 } from '../../lib/index.ts';
import { formatDump, parseDump } from '../interop/dump.ts';
import { compiledTools, load, run } from '../interop/tools.ts';
import { changeLog } from '../support/change-log.ts';
import { codeOf, openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const tools = compiledTools();
const codecs = { key: utf8, value: utf8 };

/** The path of a database whose collection 'items' has two entries: `a` of the first commit, `b` of the second. */
function made(): string {
  const path = join(temporaryFolder(), 'db');
  const env = open(path);
  const items = env.collection('items', { ...codecs, versions: true });
  items.put('a', 'one');
  items.put('b', 'two');
  env.close();
  return path;
}

const contentOf = (path: string, options = {}): unknown[] => {
  const env = openAt(path, options);
  try {
    const items = env.collection('items', codecs);
    return Array.from(items.range(), ({ key, value, version }) => [String(key), String(value), version]);
  } finally {
    env.close();
  }
};
const CONTENT = [
  ['a', 'one', 1],
  ['b', 'two', 2],
];

test('mdb_dump shows the tid before each value; mdb_stat counts the entries', () => {
  const path = made();
  const items = parseDump(run(tools.dump, ['-s', 'items', path])).get('items');
  expect(items?.map(([key, value]) => [String(key), value.toString('hex')])).toEqual([
    ['a', `0000000000000001${Buffer.from('one').toString('hex')}`],
    ['b', `0000000000000002${Buffer.from('two').toString('hex')}`],
  ]);
  expect(run(tools.stat, ['-s', 'items', path])).toMatch(/Entries: 2/);
});

test('mdb_load loses the flag: opening the collection restores it, for other handles and for good', () => {
  const path = join(temporaryFolder(), 'loaded');
  load(tools, path, run(tools.dump, ['-a', made()]));
  expect(thrown(() => contentOf(path, { readOnly: true }))).toMatchObject({
    code: 'ERR_CODEC',
    message: expect.stringMatching(/'items' has lost its flags/),
  });
  expect(contentOf(path)).toEqual(CONTENT);
  expect(contentOf(path, { readOnly: true })).toEqual(CONTENT);
  const env = openAt(path);
  const items = env.collection('items', codecs);
  items.put('c', 'three');
  expect(items.version('c')).toBe(3);
});

test('values that mdb_load has brought from another database keep their numbers, and no later commit takes one of them', () => {
  const path = join(temporaryFolder(), 'loaded');
  const source = openAt(made());
  for (let i = 0; i < 20; i++) source.collection('items', codecs).put('a', `${i}`);
  source.close();
  const env = openAt(path);
  const others = env.collection('others', { ...codecs, versions: true });
  others.put('x', 'y');
  env.close();
  load(tools, path, ...['__leasehold', 'items'].map((name) => run(tools.dump, ['-s', name, source.path])));
  const again = openAt(path);
  const items = again.collection('items', codecs);
  expect([items.version('a'), items.version('b'), again.collection('others', codecs).version('x')]).toEqual([22, 2, 1]);
  expect(again.read(({ tid }) => tid)).toBe(22);
  items.put('c', 'd');
  expect(items.version('c')).toBe(23);
  expect([...changeLog(path).commits.keys()]).toEqual([22, 23]);
});

test('a collection whose values have no numbers before them is refused, though the catalog says that it has versions', () => {
  const path = join(temporaryFolder(), 'loaded');
  const source = made();
  const other = openTemporary();
  other.collection('items', codecs).put('a', 'a value without a number');
  load(tools, path, run(tools.dump, ['-s', '__leasehold', source]));
  load(tools, path, run(tools.dump, ['-s', 'items', other.path]));
  expect(codeOf(() => openAt(path).collection('items', codecs))).toBe('ERR_CODEC');
});

test('a restored flag is rolled back with its transaction, and restored by the next', () => {
  const path = join(temporaryFolder(), 'loaded');
  load(tools, path, run(tools.dump, ['-a', made()]));
  const env = openAt(path);
  expect(() =>
    env.write(() => {
      expect(env.collection('items', codecs).get('a')).toBeDefined();
      throw new Error('rolled back');
    }),
  ).toThrow('rolled back');
  const items = env.collection('items', codecs);
  expect(items.version('b')).toBe(2);
  expect(String(items.get('b'))).toBe('two');
});

test('a transaction that began before the flags were restored reads the values, too', () => {
  const path = join(temporaryFolder(), 'loaded');
  load(tools, path, run(tools.dump, ['-a', made()]));
  const env = openAt(path);
  const before = env.read();
  const found = env.read(() => String(env.collection('items', codecs).get('a')));
  expect(found).toBe('one');
  const items = env.collection('items', codecs);
  items.put('a', 'new');
  items.put('c', 'new');
  expect(String(items.get('a', before))).toBe('one');
  expect(items.version('b', before)).toBe(2);
  expect(Array.from(items.range({}, before), ({ key, value, version }) => [key, value, version])).toEqual(CONTENT);
  expect(items.count({}, before)).toBe(2);
  before.end();
});

test('a collection that was loaded without the catalog has no versions', () => {
  const path = join(temporaryFolder(), 'loaded');
  const [dump] = [...parseDump(run(tools.dump, ['-s', 'items', made()]))];
  load(tools, path, formatDump('items', dump?.[1] ?? []));
  expect(codeOf(() => openAt(path).collection('items', { ...codecs, versions: true }))).toBe('ERR_CODEC');
});

test('export gives values without what stands before them; import writes it', async () => {
  const env = openAt(made());
  const items = env.collection('items', codecs);
  const other = env.collection('other', { ...codecs, versions: true });
  const path = join(temporaryFolder(), 'exported');
  await exportRecords(items.range(), path, { format: 'dump' });
  await importRecords(other, path, { format: 'dump' });
  expect([...other.range()].map(({ key, value, version }) => [String(key), String(value), version])).toEqual([
    ['a', 'one', 3],
    ['b', 'two', 3],
  ]);
});

test.each([false, true])('a copy has the same versions (compact: %s)', async (compact) => {
  const folder = temporaryFolder();
  const env = openAt(made());
  await env.copy(folder, { compact });
  expect(contentOf(folder)).toEqual(CONTENT);
});
