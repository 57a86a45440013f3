import { deepStrictEqual } from 'node:assert';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { bytes, open, utf8 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { fill, PARIS, paris } from './contents.ts';
import { type Entries, formatDump, parseDump, printable } from './dump.ts';
import { compiledTools, installedTools, type LmdbTools, load, run } from './tools.ts';

const compiled = compiledTools();
const installed = installedTools();

let database: string;

beforeEach(() => {
  database = join(temporaryFolder(), 'db');
});

/** The records of the unnamed database without those that stand for named ones. */
function plainEntries(main: Entries, names: Iterable<string | undefined>): Entries {
  const named = new Set(names);
  return main.filter(([key]) => !named.has(key.toString('latin1')));
}

describe.each([
  { whose: 'compiled here', tools: compiled },
  { whose: 'of this machine', tools: installed },
])('with the LMDB tools $whose', ({ tools: found }) => {
  describe.skipIf(found === undefined)('which there are', () => {
    const tools = found as LmdbTools;

    test('mdb_stat -a reports every collection while leasehold has the database open', () => {
      using env = open(database);
      const contents = fill(env);
      const status = run(tools.stat, ['-a', database]);
      for (const [name, entries] of contents) {
        if (name === undefined) continue;
        const [, section] = status.split(`Status of ${name}\n`);
        expect(section, name).toBeDefined();
        expect(Number(/Entries: (\d+)/.exec(section as string)?.[1]), name).toBe(entries.length);
      }
      expect(Number(/Overflow pages: (\d+)/.exec(status.split('Status of blobs\n')[1] as string)?.[1])).toBeGreaterThan(
        256,
      );
    });

    test('mdb_dump gives the bytes of every key and value that leasehold wrote', () => {
      const env = open(database);
      const contents = fill(env);
      env.close();
      const named = parseDump(run(tools.dump, ['-a', database]));
      const main = parseDump(run(tools.dump, [database])).get(undefined) as Entries;
      for (const [name, entries] of contents) {
        const dumped = name === undefined ? plainEntries(main, named.keys()) : named.get(name);
        deepStrictEqual(printable(dumped ?? []), printable(entries), name);
      }
      expect(printable(named.get('cities') as Entries).filter((entry) => entry.startsWith(`${PARIS} `))).toHaveLength(
        1,
      );
    });

    test('leasehold reads what mdb_load made, the unnamed database included', () => {
      const fruits: Entries = ['apple', 'fig', 'pear', 'ñispero'].map((name) => [
        Buffer.from(name),
        Buffer.from(`a ${name}`),
      ]);
      const plain: Entries = [
        [Buffer.from('a'), Buffer.alloc(0)],
        [Buffer.from('b'), Buffer.alloc(100_000, 'b')],
      ];
      load(tools, database, formatDump(undefined, plain), formatDump('fruits', fruits));

      using env = open(database);
      const collection = env.collection('fruits', { key: utf8, value: utf8, create: false });
      expect(env.collections()).toEqual(['fruits']);
      using txn = env.read();
      expect(
        collection
          .range({ gte: 'b', lt: 'q' }, txn)
          .toArray()
          .map(({ key, value }) => [key, value]),
      ).toEqual([
        ['fig', 'a fig'],
        ['pear', 'a pear'],
      ]);
      expect(collection.count({}, txn)).toBe(4);
      expect(env.main.get(Buffer.from('b'), txn)?.equals(Buffer.alloc(100_000, 'b'))).toBe(true);
      expect(env.main.get(Buffer.from('a'), txn)?.byteLength).toBe(0);
    });

    test('leasehold reads what mdb_load made without writing to it', () => {
      load(tools, database, formatDump('fruits', [[Buffer.from('fig'), Buffer.from('1')]]));
      using env = open(database, { readOnly: true });
      expect(env.collection('fruits', { key: utf8, value: utf8 }).get('fig')).toBe('1');
    });

    test('leasehold to mdb_dump to mdb_load to leasehold: entries and codecs are the same', () => {
      const env = open(database);
      const contents = fill(env);
      env.close();
      const dump = run(tools.dump, ['-a', database]);
      const copy = join(temporaryFolder(), 'copy');
      load(tools, copy, formatDump(undefined, contents.get(undefined) as Entries), dump);

      using again = open(copy);
      expect(again.collections().sort()).toEqual([...contents.keys()].filter((name) => name !== undefined).sort());
      const cities = again.collection('cities');
      expect(cities.get(paris)).toMatchObject({ name: 'Paris', population: 2_138_551, elevation: undefined });
      expect(again.collection('documents').get('document 7')).toEqual({
        id: 7,
        tags: ['a', 'é'],
        nested: { at: 7 / 3, none: null },
      });
      const blobs = again.collection('blobs', { key: bytes, value: bytes });
      using txn = again.read();
      const read = blobs.range({}, txn).toArray();
      deepStrictEqual(
        printable(read.map(({ key, value }) => [key.toBuffer(), value.toBuffer()])),
        printable(contents.get('blobs') as Entries),
      );
      expect(again.main.count({ gte: Buffer.from('left by'), lt: Buffer.from('left bz') }, txn)).toBe(1);
    });

    test.each([
      ['integerkey', 'MDB_INTEGERKEY'],
      ['reversekey', 'MDB_REVERSEKEY'],
    ])('a database with %s is refused', (option, flag) => {
      // mdb_load 0.9.29 forgets the flags of the first database in its input.
      const first = formatDump('first', [[Buffer.from('a'), Buffer.from('b')]]);
      const foreign = formatDump('foreign', [[Buffer.from([1, 0, 0, 0]), Buffer.from('x')]], [option]);
      load(tools, database, first + foreign);
      using env = open(database);
      expect(() => env.collection('foreign', { key: bytes, value: bytes })).toThrow(
        expect.objectContaining({ code: 'ERR_CODEC', message: expect.stringContaining(flag) }),
      );
    });
  });
});
