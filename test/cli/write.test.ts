import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bytes, msgpack, utf8 } from '../../lib/index.ts';
import { openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { hasTerminal, jsonOf, leasehold, linesOf, onTerminal, processOf } from './command.ts';
import { makeDatabase } from './world.ts';

test.each<[collection: string, key: string, json: string, shown: unknown]>([
  [
    'cities',
    '["IT","Roma"]',
    '{"name":"Roma","country":"IT","population":"18446744073709551615","founded":"2020-02-29","flag":"00FF"}',
    {
      name: 'Roma',
      country: 'IT',
      population: String(2n ** 64n - 1n),
      founded: '2020-02-29T00:00:00.000Z',
      flag: '00ff',
    },
  ],
  [
    'cities',
    '["IT","Bari"]',
    '{"name":"Bari","country":"IT","population":1}',
    { name: 'Bari', country: 'IT', population: 1 },
  ],
  ['words', '"gnu"', '{"horns":2,"of":["Africa"]}', { horns: 2, of: ['Africa'] }],
  ['numbers', '7', 'null', null],
  ['raw', '00', '"C0FFEE"', 'c0ffee'],
  ['texts', '[0]', '"ü"', 'ü'],
])('put %s %s %s', async (collection, key, json, shown) => {
  const db = makeDatabase();
  const there = (await leasehold(['get', db, collection, key])).status === 0;
  expect(await jsonOf(['put', db, collection, key, json])).toEqual([{ stored: 1, replaced: there ? 1 : 0 }]);
  expect(await jsonOf(['put', db, collection, key, json])).toEqual([{ stored: 1, replaced: 1 }]);
  expect(await jsonOf(['get', db, collection, key])).toEqual([shown]);
  expect(await jsonOf(['del', db, collection, key])).toEqual([{ removed: 1 }]);
  expect((await leasehold(['del', db, collection, key])).status).toBe(1);
});

test('put and del count the values of a key that can have several', async () => {
  const env = openTemporary();
  env.collection('index', { key: utf8, value: utf8, dupSort: true });
  env.close();
  const put = (value: string) => jsonOf(['put', env.path, 'index', '"a"', JSON.stringify(value)]);
  expect([await put('x'), await put('y'), await put('x')]).toEqual([
    [{ stored: 1, replaced: 0 }],
    [{ stored: 1, replaced: 0 }],
    [{ stored: 0, replaced: 0 }],
  ]);
  expect(await jsonOf(['del', env.path, 'index', '"a"'])).toEqual([{ removed: 2 }]);
});

test('put rounds no number: it is stored exactly, or refused', async () => {
  const db = makeDatabase();
  for (const number of ['9007199254740993', '0.12345678901234567890']) {
    const { status, stderr } = await leasehold(['put', db, 'numbers', '9001', `{"n":${number}}`]);
    expect(status).toBe(3);
    expect(stderr).toContain(`no double holds ${number} exactly`);
  }
  expect((await leasehold(['get', db, 'numbers', '9001'])).status).toBe(1);
  expect((await leasehold(['put', db, 'words', '"gnu"', '{"n":9007199254740993}'])).status).toBe(0);
  expect(await jsonOf(['get', db, 'words', '"gnu"'])).toEqual([{ n: '9007199254740993' }]);
});

test('del removes a value of a codec that the command does not have', async () => {
  const db = makeDatabase();
  expect((await leasehold(['del', db, 'own', '1'])).status).toBe(0);
  const env = openAt(db);
  const own = { name: 'mine', encode: (text: string) => Buffer.from(text), decode: String };
  expect(env.collection('own', { value: own }).count()).toBe(0);
});

const RECORDS = [
  { country: 'FR', name: 'Lyon', population: 522_969 },
  { country: 'AT', name: 'Graz', population: 1.5, founded: '2020-01-01T00:00:00.000Z' },
];

function file(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

const ndjson = file('cities.ndjson', RECORDS.map((record) => `${JSON.stringify(record)}\n`).join(''));
const schema = file('schema.json', '{"country":"utf8","name":"utf8","population":"f64","founded":{"optional":"date"}}');

describe('import', () => {
  test('makes the database and the collection', async () => {
    const db = join(temporaryFolder(), 'new');
    expect(await jsonOf(['import', db, 'cities', ndjson, '--key', 'country,name'])).toEqual([
      {
        rows: 2,
        bytes: readFileSync(ndjson).length,
        rejected: 0,
        replaced: 0,
        ignored: 0,
        seconds: expect.any(Number),
      },
    ]);
    expect(await jsonOf(['scan', db, 'cities'])).toEqual([
      { key: ['AT', 'Graz'], value: RECORDS[1] },
      { key: ['FR', 'Lyon'], value: RECORDS[0] },
    ]);
  });

  test('by a schema makes structs, and refuses what does not fit', async () => {
    const db = join(temporaryFolder(), 'new');
    const args = ['import', db, 'cities', '-', '--format', 'ndjson', '--key', 'country,name', '--schema', schema];
    expect((await leasehold(args, readFileSync(ndjson, 'utf8'))).status).toBe(0);
    expect((await jsonOf(['stat', db]))[1]).toMatchObject({
      collection: 'cities',
      key: 'tuple',
      value: 'struct',
      entries: 2,
    });
    const bad = `{"country":"IT","name":"Roma","population":1}\n{"country":"IT","name":"Bari","population":"many"}\n`;
    const { status, stderr } = await leasehold(args, bad);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^leasehold: ERR_\w+: .*line 2.*population/);
    expect(await linesOf(['scan', db, 'cities', '--count'])).toEqual(['2']);
    const skipped = await leasehold([...args, '--on-error', 'skip'], bad);
    expect([skipped.status, JSON.parse(skipped.stdout)]).toMatchObject([0, { rows: 1, rejected: 1 }]);
    expect(skipped.stderr).toContain('line 2');
    expect(await linesOf(['scan', db, 'cities', '--count'])).toEqual(['3']);
  });

  test('of a schema that is none is a mistake of who typed it', async () => {
    for (const text of ['{', '[]', '{"a":"nothing"}']) {
      const db = join(temporaryFolder(), 'new');
      const { status, stderr } = await leasehold(['import', db, 'c', ndjson, '--schema', file('bad.json', text)]);
      expect([status, stderr.includes('schema')]).toEqual([2, true]);
    }
  });

  test('shows no progress in a pipe', async () => {
    const db = join(temporaryFolder(), 'new');
    expect((await leasehold(['import', db, 'cities', ndjson, '--key', 'name'])).stderr).toBe('');
  });

  test.skipIf(!hasTerminal)('shows a bar on a terminal, and what was done', () => {
    const db = join(temporaryFolder(), 'new');
    const { status, shown } = onTerminal(['import', db, 'cities', ndjson, '--key', 'name']);
    expect(status).toBe(0);
    expect(shown).toContain('] 100%, 2 rows');
    expect(shown).toMatch(/2 rows imported: \d+ bytes in \d+\.\d s\n$/);
  });
});

describe('export', () => {
  const db = makeDatabase();

  test('to standard output, and by the name of a file', async () => {
    const lines = await linesOf(['export', db, 'cities']);
    expect(lines[0]).toBe(`{"name":"Graz","country":"AT","population":"${2n ** 60n}"}`);
    expect(await linesOf(['export', db, 'cities', '-'])).toEqual(lines);
    const target = join(temporaryFolder(), 'cities.ndjson.gz');
    expect(await jsonOf(['export', db, 'cities', target])).toEqual([
      { rows: 4, bytes: expect.any(Number), rejected: 0, seconds: expect.any(Number), key: ['country', 'name'] },
    ]);
    expect(gunzipSync(readFileSync(target)).toString().trimEnd().split('\n')).toEqual(lines);
    expect((await linesOf(['export', db, 'cities', '--format', 'csv']))[0]).toBe(
      'name,country,population,founded,flag',
    );
  });

  test('of a range, with keys and without', async () => {
    const france = ['export', db, 'cities', '--prefix', '["FR"]', '--format', 'csv'];
    expect(await linesOf([...france, '--key', 'country,name', '--reverse', '--limit', '1'])).toEqual([
      'name,country,population,founded,flag',
      'Paris,FR,2138551,1970-01-01T00:00:00.000Z,',
    ]);
    expect((await linesOf([...france, '--no-key']))[0]).toBe('key,name,country,population,founded,flag');
    const { status, stderr } = await leasehold([...france, '--key', 'name,country']);
    expect([status, stderr]).toEqual([3, expect.stringContaining('--no-key')]);
    expect(await linesOf(['export', db, 'numbers', '--gte', '248'])).toHaveLength(2);
  });

  test.each<[collection: string, ...options: string[]]>([
    ['cities', '--key', 'country,name', '--value', 'json'],
    ['numbers', '--key-codec', 'uint32'],
    ['raw', '--key-codec', 'bytes', '--value', 'bytes'],
    ['texts', '--value', 'utf8'],
  ])('of %s is imported into another database', async (collection, ...options) => {
    const other = join(temporaryFolder(), 'other');
    const text = (await leasehold(['export', db, collection])).stdout;
    const { status, stderr } = await leasehold(['import', other, collection, '-', ...options], text);
    expect([status, stderr]).toEqual([0, '']);
    expect((await leasehold(['export', other, collection])).stdout).toBe(text);
  });

  test('and import of a dump keep the bytes of what the command cannot read', async () => {
    const other = join(temporaryFolder(), 'other');
    const dump = (await leasehold(['export', db, 'own', '--format', 'dump'])).stdout;
    expect((await leasehold(['import', other, 'own', '-', '--format', 'dump'], dump)).status).toBe(0);
    const copied = openAt(other).collection('own', { key: bytes, value: bytes });
    expect(copied.range().values().toArray()[0]?.toBuffer().toString()).toBe('xyz');
  });
});

describe('import of records that no struct holds', () => {
  test('names the options for keys of another codec', async () => {
    const args = ['import', join(temporaryFolder(), 'new'), 'words', '-'];
    const words = `{"key":"zebra","value":"striped"}\n`;
    const refused = await leasehold(args, words);
    expect([refused.status, refused.stderr]).toEqual([3, expect.stringMatching(/line 1: key must be.*--key-codec/)]);
    expect((await leasehold([...args, '--key-codec', 'utf8', '--value', 'utf8'], words)).status).toBe(0);
  });

  const mixed = `{"id":1,"v":1}\n{"id":2,"v":"x"}\n{"id":1,"v":[null]}\n`;

  test('says what to do, and takes them as they are with --value', async () => {
    const db = join(temporaryFolder(), 'new');
    const refused = await leasehold(['import', db, 'c', '-', '--key', 'id'], mixed);
    expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('--value json')]);
    const args = ['import', db, 'c', '-', '--key', 'id', '--value', 'msgpack', '--key-codec', 'uint32'];
    expect(await jsonOf(args, mixed)).toMatchObject([{ rows: 3, replaced: 1 }]);
    expect(await linesOf(['scan', db, 'c'])).toEqual([
      '{"key":1,"value":{"id":1,"v":[null]}}',
      '{"key":2,"value":{"id":2,"v":"x"}}',
    ]);
    expect(await jsonOf([...args, '--on-duplicate', 'ignore'], mixed)).toMatchObject([{ rows: 0, ignored: 3 }]);
    const twice = await leasehold([...args, '--on-duplicate', 'error'], mixed);
    expect([twice.status, twice.stderr]).toEqual([3, expect.stringMatching(/the key 1 is there.*--on-duplicate/)]);
    const other = await leasehold(['import', db, 'c', '-', '--key', 'id', '--value', 'json'], mixed);
    expect([other.status, other.stderr]).toEqual([3, expect.stringContaining('ERR_CODEC')]);
  });
});

test('repl writes too', async () => {
  const db = makeDatabase();
  expect(await linesOf(['repl', db], `numbers.put(9000, 'new')\nnumbers.get(9000)\n`)).toEqual(["'new'"]);
  expect(await jsonOf(['get', db, 'numbers', '9000'])).toEqual(['new']);
});

test('a database that is open elsewhere is read and written', async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: msgpack });
  items.put('a', { here: 1 });
  expect(processOf(['put', env.path, 'items', '"b"', '{"there":{"here":2}}']).status).toBe(0);
  expect(items.get('b')).toEqual({ there: { here: 2 } });
  const txn = env.read();
  items.get('a', txn);
  const readers = processOf(['readers', env.path]).stdout.trimEnd().split('\n');
  expect(readers.map((line) => JSON.parse(line) as unknown)).toContainEqual({
    pid: process.pid,
    thread: expect.any(String),
    transaction: txn.id,
  });
  txn.end();
});
