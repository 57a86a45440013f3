import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatDump } from '../interop/dump.ts';
import { compiledTools } from '../interop/tools.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { asOnTerminal, commandPath, hasTerminal, jsonOf, leasehold, linesOf, onTerminal } from './command.ts';
import { makeDatabase } from './world.ts';

const db = makeDatabase();

test.each<[collection: string, key: string, value: unknown]>([
  [
    'cities',
    '["FR", "Paris"]',
    { name: 'Paris', country: 'FR', population: 2138551, founded: '1970-01-01T00:00:00.000Z' },
  ],
  ['cities', '["AT","Graz"]', { name: 'Graz', country: 'AT', population: String(2n ** 60n) }],
  ['cities', '["DE","Köln"]', { name: 'Köln', country: 'DE', population: 1_000_000, flag: '01ff' }],
  ['words', '"yak"', { horns: 2 }],
  [
    'words',
    '"zebra"',
    {
      stripes: true,
      big: String(2n ** 70n),
      when: '1970-01-01T00:00:00.000Z',
      names: { de: 'Zebra' },
      set: [1, 2],
      bytes: 'ab',
      nothing: null,
      half: 'NaN',
    },
  ],
  ['numbers', '4', { i: 4, text: 'xxxx' }],
  ['numbers', ' 5 ', [5]],
  ['raw', '00ff', '68656c6c6f'],
  ['raw', '"00FF"', '68656c6c6f'],
  ['texts', '[{"double":1},{"bytes":"01"},1208925819614629174706176,null,true,["in"]]', 'colours \u001b[31m\nred'],
  ['own', '1', '78797a'],
])('get %s %s', async (collection, key, value) => {
  expect(await jsonOf(['get', db, collection, key])).toEqual([value]);
});

test('scan shows each entry as a line of JSON, whose key get takes', async () => {
  expect(await jsonOf(['scan', db, 'words', '--limit', '1'])).toEqual([{ key: 'yak', value: { horns: 2 } }]);
  for (const collection of ['cities', 'words', 'numbers', 'raw', 'texts', 'own']) {
    for (const { key, value } of (await jsonOf(['scan', db, collection, '--limit', '3'])) as {
      key: unknown;
      value: unknown;
    }[]) {
      expect(await jsonOf(['get', db, collection, JSON.stringify(key)])).toEqual([value]);
    }
  }
});

test.each<[string[], unknown[]]>([
  [
    ['--prefix', '["FR"]'],
    ['Lyon', 'Paris'],
  ],
  [
    ['--prefix', '[]', '--limit', '2'],
    ['Graz', 'Köln'],
  ],
  [
    ['--gt', '["DE", "Köln"]'],
    ['Lyon', 'Paris'],
  ],
  [
    ['--gte', '["DE", "Köln"]', '--lt', '["FR", "Paris"]'],
    ['Köln', 'Lyon'],
  ],
  [
    ['--lte', '["FR", "Lyon"]', '--reverse'],
    ['Lyon', 'Köln', 'Graz'],
  ],
  [['--reverse', '--limit', '1'], ['Paris']],
  [['--limit', '0'], []],
])('scan cities %j', async (options, names) => {
  const found = (await jsonOf(['scan', db, 'cities', ...options, '--fields', 'name'])) as { value: unknown }[];
  expect(found.map(({ value }) => value)).toEqual(names.map((name) => ({ name })));
  expect(await linesOf(['scan', db, 'cities', ...options, '--count'])).toEqual([String(names.length)]);
});

test('scan --cursor prints a page, and on standard error the cursor of the next one', async () => {
  const page = async (...cursor: string[]) => {
    const { stdout, stderr } = await leasehold([
      'scan',
      db,
      'cities',
      '--limit',
      '3',
      '--cursor',
      ...cursor,
      '--fields',
      'name',
    ]);
    return { names: stdout.match(/"name":"[^"]*"/g), next: stderr.trim().split(' ') };
  };
  const first = await page();
  expect([first.names?.length, first.next[0]]).toEqual([3, '--cursor']);
  const second = await page(first.next[1] as string);
  expect(second).toEqual({ names: ['"name":"Paris"'], next: [''] });
});

test('scan --offset leaves out entries, and --gt and --gte hold together', async () => {
  expect(await linesOf(['scan', db, 'numbers', '--offset', '247', '--count'])).toEqual(['3']);
  expect(
    await linesOf(['scan', db, 'numbers', '--gt', '10', '--gte', '5', '--lt', '14', '--lte', '20', '--count']),
  ).toEqual(['3']);
});

test('scan --fields takes fields of a record, in the order named, and of JSON where they are there', async () => {
  expect(await linesOf(['scan', db, 'cities', '--fields', 'population,name', '--limit', '1', '--reverse'])).toEqual([
    '{"key":["FR","Paris"],"value":{"population":2138551,"name":"Paris"}}',
  ]);
  expect(await jsonOf(['scan', db, 'words', '--fields', 'horns,stripes'])).toEqual([
    { key: 'yak', value: { horns: 2 } },
    { key: 'zebra', value: { stripes: true } },
  ]);
});

test('stat tells of the environment, and of each collection', async () => {
  const [environment, ...collections] = (await jsonOf(['stat', db])) as Record<string, unknown>[];
  expect(environment).toMatchObject({ path: db, pageSize: 4096 });
  expect(collections.map(({ collection, key, value, entries }) => [collection, key, value, entries])).toEqual([
    ['cities', 'tuple', 'struct', 4],
    ['numbers', 'uint32', 'json', 250],
    ['own', 'uint32', 'unknown', 1],
    ['raw', 'bytes', 'bytes', 1],
    ['texts', 'tuple', 'utf8', 1],
    ['words', 'utf8', 'msgpack', 2],
  ]);
});

test('a database of another origin is shown as bytes, the unnamed one by an empty name', async () => {
  const other = temporaryFolder();
  const tools = compiledTools();
  const load = (name: string | undefined) =>
    spawnSync(tools.load, [other], { input: formatDump(name, [[Buffer.from('key'), Buffer.from([0, 255])]]) });
  load(undefined);
  load('named');
  expect(await jsonOf(['get', other, '', '6b6579'])).toEqual(['00ff']);
  expect(await jsonOf(['scan', other, 'named'])).toEqual([{ key: '6b6579', value: '00ff' }]);
  expect(
    ((await jsonOf(['stat', other])).slice(1) as { collection: string }[]).map(({ collection }) => collection),
  ).toEqual(['', 'named']);
});

test('a collection whose order no codec has is told of, and the others are shown', async () => {
  const other = temporaryFolder();
  const tools = compiledTools();
  const entries: [Buffer, Buffer][] = [[Buffer.from([1, 0, 0, 0]), Buffer.from('x')]];
  // mdb_load 0.9 forgets the flags of the first database that it reads.
  const input = formatDump(undefined, []) + formatDump('numbers', entries, ['integerkey']);
  spawnSync(tools.load, [other], { input });
  spawnSync(tools.load, [other], { input: formatDump('words', [[Buffer.from('key'), Buffer.from('x')]]) });
  expect((await jsonOf(['stat', other])).slice(1)).toMatchObject([
    { collection: 'numbers', key: 'unknown', value: 'unknown', entries: null },
    { collection: 'words', key: 'bytes', entries: 1 },
  ]);
  expect(await linesOf(['repl', other], 'Object.keys(collections)\nwords.count()\n')).toEqual(["[ 'words' ]", '1']);
  const { status, stdout } = await leasehold(['verify', other]);
  expect(status).toBe(1);
  expect(stdout).toContain('MDB_INTEGERKEY');
  expect(stdout).toContain('{"collection":"words","entries":1,"problems":0,"found":[]}');
  const refused = await leasehold(['scan', other, 'numbers']);
  expect([refused.status, refused.stdout]).toEqual([3, '']);
  expect(refused.stderr).toContain('ERR_CODEC');
});

test('readers and their check', async () => {
  for (const each of (await jsonOf(['readers', db])) as object[])
    expect(Object.keys(each)).toEqual(['pid', 'thread', 'transaction']);
  expect((await jsonOf(['readers', db, '--check']))[0]).toEqual({ freed: 0 });
});

test('copy makes a database that has the same in it', async () => {
  for (const options of [[], ['--compact']]) {
    const target = join(temporaryFolder(), 'copy');
    const [copied] = (await jsonOf(['copy', db, target, ...options])) as { path: string; bytes: number }[];
    expect(copied).toEqual({ path: target, bytes: expect.any(Number) });
    expect(await linesOf(['scan', target, 'cities'])).toEqual(await linesOf(['scan', db, 'cities']));
  }
});

test('repl has the environment and its collections', async () => {
  expect(
    await linesOf(['repl', db], `cities.count()\ncollections.words.get('yak')\nenv.collections().length\nKey.of(1)\n`),
  ).toEqual(['4', '{ horns: 2 }', '6', 'Key [ 1 ]']);
});

describe('a command whose output is not read to its end', () => {
  test.each([
    ['scan', [db, 'numbers']],
    ['export', [db, 'numbers', '--format', 'dump']],
  ])('%s ends quietly', (name, args) => {
    const words = [process.execPath, commandPath(), name, ...args].map((word) => `'${word}'`).join(' ');
    // The pipe takes more than it has to write, unless that is repeated.
    const shell = spawnSync('bash', ['-c', `(${words}; echo $? >&2) | head -c 0`], { encoding: 'utf8' });
    expect(shell.stderr).toBe('0\n');
  });
});

describe('on a terminal', () => {
  test.skipIf(!hasTerminal)('scan prints a table, in which nothing is obeyed by the terminal', () => {
    const { status, shown } = onTerminal(['scan', db, 'cities', '--fields', 'name,population']);
    expect(status).toBe(0);
    expect(shown.split('\n')).toEqual([
      'key             name   population',
      '["AT","Graz"]   Graz   1152921504606846976',
      '["DE","Köln"]   Köln   1000000',
      '["FR","Lyon"]   Lyon   522969',
      '["FR","Paris"]  Paris  2138551',
      '',
    ]);
    expect(onTerminal(['scan', db, 'texts', '--vertical']).shown).toContain('colours \\u001b[31m\\nred');
  });

  test('a long scan has one head, and its columns stay where they are', async () => {
    const lines = (await asOnTerminal(['scan', db, 'numbers'])).shown.split('\n');
    expect(lines.filter((line) => line.startsWith('key'))).toHaveLength(1);
    expect(lines).toHaveLength(252);
    expect(lines[1]).toBe('  0  {"i":0,"text":""}');
    expect(lines.at(-2)).toBe('249  [249]');
  });

  test('scan --json prints JSON all the same', async () => {
    expect((await asOnTerminal(['scan', db, 'words', '--json', '--limit', '1'])).shown).toBe(
      '{"key":"yak","value":{"horns":2}}\n',
    );
  });

  test('get prints a field a line', async () => {
    expect((await asOnTerminal(['get', db, 'words', '"yak"'])).shown).toBe('horns  2\n');
    expect((await asOnTerminal(['get', db, 'numbers', '5'])).shown).toBe('[\n  5\n]\n');
  });

  test.skipIf(!hasTerminal)('stat and verify print tables', async () => {
    const { shown } = await asOnTerminal(['stat', db]);
    expect(shown).toContain('collection');
    expect(shown).not.toContain('{');
    expect(onTerminal(['verify', db]).shown).toMatch(/^collection .*\n\(unnamed\) .*\ncities +4 +0\n/);
  });

  test('no line is wider than the terminal', async () => {
    for (const args of [
      ['stat', db],
      ['scan', db, 'cities'],
      ['scan', db, 'numbers'],
      ['scan', db, 'words'],
    ]) {
      const { shown } = await asOnTerminal(args);
      for (const line of shown.split('\n').filter((line) => !line.startsWith('(no room for'))) {
        expect(line.length).toBeLessThanOrEqual(80);
      }
    }
  });
});

describe('a command that only reads', () => {
  test.each(['get', 'scan', 'stat', 'readers', 'copy', 'verify', 'export', 'repl', 'put', 'del'])(
    '%s makes no database, nor does one that changes what there is',
    async (name) => {
      const missing = join(temporaryFolder(), 'missing');
      const more: Record<string, string[]> = {
        get: ['c', '1'],
        scan: ['c'],
        copy: [join(missing, 'copy')],
        export: ['c'],
        put: ['c', '1', '1'],
        del: ['c', '1'],
      };
      const { status, stdout, stderr } = await leasehold([name, missing, ...(more[name] ?? [])]);
      expect([status, stdout, existsSync(missing)]).toEqual([3, '', false]);
      expect(stderr).toContain('ENOENT');
      mkdirSync(missing);
      expect((await leasehold([name, missing, ...(more[name] ?? [])])).status).toBe(3);
    },
  );
});
