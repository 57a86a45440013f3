import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { fileOf } from '../transfer/files.ts';
import { asOnTerminal, commandPath, jsonOf, leasehold, linesOf } from './command.ts';

const ADMIN = 'the token of the administrator';
const READER = 'the token of the reader';

const env = openTemporary();
const versions = true;
const cities = env.collection('cities', {
  key: tuple,
  value: struct({ name: t.utf8, population: t.u32 }),
  versions,
});
const words = env.collection('words', { key: utf8, value: json, versions });
const numbers = env.collection('numbers', { key: uint32, value: json, versions });
env.write(() => {
  cities.put(['FR', 'Lyon'], { name: 'Lyon', population: 522_969 });
  cities.put(['FR', 'Paris'], { name: 'Paris', population: 2_138_551 });
  cities.put(['DE', 'Bonn'], { name: 'Bonn', population: 330_000 });
  words.put('zebra', 'a striped animal');
  for (let i = 0; i < 1000; i++) numbers.put(i, { i });
});

/** This process cannot open the folder once more, to read it only. */
const copy = join(temporaryFolder(), 'copy');
let server: Server;
let guarded: Server;
let address: string;
beforeAll(async () => {
  await env.copy(copy);
  server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  address = server.addresses[0] as string;
  const tokens = [
    { token: ADMIN, grants: [{ collection: '*', write: true }] },
    { token: READER, grants: [{ collection: 'words', read: true }] },
  ];
  guarded = await serve(env, { listen: 'tcp://127.0.0.1:0', tokens });
});
afterAll(async () => {
  await server.close();
  await guarded.close();
});

/** What a command prints of the database in the folder must be what it prints of the same one on a server. */
test.each([
  ['get', 'cities', '["FR","Paris"]'],
  ['get', 'words', '"zebra"'],
  ['scan', 'cities'],
  ['scan', 'cities', '--prefix', '["FR"]', '--fields', 'population'],
  ['scan', 'cities', '--reverse', '--limit', '2', '--offset', '1', '--vertical'],
  ['scan', 'numbers', '--gte', '10', '--lt', '300'],
  ['scan', 'numbers', '--count', '--gt', '500'],
  ['ls'],
])('%s %s %s prints the same as in the folder', async (command, ...args) => {
  const local = await leasehold([command, copy, ...args]);
  const remote = await leasehold([command, address, ...args]);
  expect(local.status).toBe(0);
  expect(remote).toEqual(local);
  expect(await asOnTerminal([command, address, ...args])).toEqual(await asOnTerminal([command, copy, ...args]));
});

test('put and del change what the server has', async () => {
  expect(await jsonOf(['put', address, 'words', '"yak"', '"an ox"'])).toEqual([{ stored: 1, replaced: 0 }]);
  expect(await jsonOf(['put', address, 'words', '"yak"', '"a large ox"'])).toEqual([{ stored: 1, replaced: 1 }]);
  expect(words.get('yak')).toBe('a large ox');
  expect(await jsonOf(['del', address, 'words', '"yak"'])).toEqual([{ removed: 1 }]);
  expect(words.has('yak')).toBe(false);
});

test('del --prefix deletes all keys that begin so, in one commit', async () => {
  for (const name of ['Aix', 'Arles']) cities.put(['XX', name], { name, population: 1 });
  const before = env.read((txn) => txn.tid);
  expect(await jsonOf(['del', address, 'cities', '--prefix', '["XX"]'])).toEqual([{ removed: 2 }]);
  expect(env.read((txn) => txn.tid)).toBe(before + 1);
  expect(cities.count({ prefix: ['XX'] })).toBe(0);
  expect((await leasehold(['del', address, 'cities', '--prefix', '["XX"]'])).status).toBe(1);
  expect((await leasehold(['del', address, 'cities'])).status).toBe(2);
});

test.each([
  ['cities'],
  ['cities', '--format', 'csv', '--no-key'],
  ['cities', '--format', 'dump'],
  ['cities', '--reverse', '--limit', '2', '--offset', '1'],
  ['words', '--format', 'json'],
  ['numbers', '--gte', '10', '--lt', '300', '--format', 'tsv'],
])('export %s %s %s writes what it writes of the folder', async (...args) => {
  const local = await leasehold(['export', copy, ...args]);
  expect(local.status).toBe(0);
  expect(await leasehold(['export', address, ...args])).toEqual(local);
});

test('export to a file tells what it has written, and leaves nothing else behind', async () => {
  const [folder, temporary] = [temporaryFolder(), temporaryFolder()];
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  try {
    const file = join(folder, 'cities.ndjson');
    const [result] = await jsonOf(['export', address, 'cities', file]);
    expect(result).toMatchObject({ rows: 3, rejected: 0 });
    expect(readFileSync(file, 'utf8')).toContain('Paris');
    expect((await leasehold(['export', address, 'none', file])).stderr).toContain('ERR_NO_COLLECTION');
    expect((await leasehold(['export', address, 'cities', join(folder, 'x.unknown')])).status).toBe(2);
    expect([readdirSync(temporary), readdirSync(folder)]).toEqual([[], ['cities.ndjson']]);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

/** The command as a process that this one, which has the server, does not wait for. */
function piped(args: readonly string[], input: string): Promise<{ status: number | null; stdout: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [commandPath(), ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (bytes: Buffer) => {
      stdout += bytes.toString();
    });
    child.on('close', (status) => resolve({ status, stdout }));
    child.stdin.end(input);
  });
}

test('repl runs a program with the store and its collections', async () => {
  const program = `
    const city = await cities.get(['FR', 'Lyon'])
    city.population
    await words.has('zebra')
    Object.keys(collections).sort()
    await store.pipeline((p) => p.get(numbers, 7))
  `;
  const ran = await piped(['repl', address], program);
  expect(ran).toEqual({ status: 0, stdout: "522969\ntrue\n[ 'cities', 'numbers', 'words' ]\n{ i: 7 }\n" });
  expect(await piped(['repl', address], 'await words.get(7)')).toEqual({ status: 1, stdout: '' });
});

test('stat shows the store, and the collections with their codecs', async () => {
  const [database, ...rows] = (await jsonOf(['stat', address])) as Record<string, unknown>[];
  expect(database).toMatchObject({ address, id: env.storeId, mapSize: expect.any(Number) });
  expect(rows.find(({ collection }) => collection === 'numbers')).toMatchObject({
    key: 'uint32',
    value: 'json',
    entries: 1000,
  });
  expect((await asOnTerminal(['stat', address])).shown).toContain('numbers');
});

test('a token shows what it may see, from a flag or the environment', async () => {
  const at = guarded.addresses[0] as string;
  expect((await leasehold(['ls', at])).stderr).toContain('ERR_FORBIDDEN');
  expect(await linesOf(['ls', at, '--token', READER])).toEqual(['words']);
  process.env['LEASEHOLD_TOKEN'] = ADMIN;
  try {
    expect(await linesOf(['ls', at])).toEqual(['cities', 'numbers', 'words']);
  } finally {
    delete process.env['LEASEHOLD_TOKEN'];
  }
  const [database, ...rows] = (await jsonOf(['stat', at, '--token', READER])) as Record<string, unknown>[];
  expect([Object.keys(database as object), rows.length]).toEqual([['address', 'id', 'tid'], 1]);
  const refused = await leasehold(['put', at, 'words', '"x"', '1', '--token', READER]);
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('ERR_FORBIDDEN')]);
});

test('TLS with certificates of both sides', async () => {
  const authority = makeAuthority('shop');
  const own = authority.sign('server', { hosts: ['127.0.0.1'] });
  const tls = { ...own, ca: authority.cert, requestCert: true };
  const secure = await serve(env, { listen: 'tls://127.0.0.1:0', tls });
  const { cert, key } = authority.sign('client');
  const at = secure.addresses[0] as string;
  const ca = fileOf('ca.pem', authority.cert);
  try {
    const known = ['--tls-ca', ca, '--tls-cert', fileOf('cert.pem', cert), '--tls-key', fileOf('key.pem', key)];
    expect(await jsonOf(['get', at, 'words', '"zebra"', ...known])).toEqual(['a striped animal']);
    const refused = await leasehold(['get', at, 'words', '"zebra"', '--tls-ca', ca]);
    expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('ERR_CERTIFICATE')]);
  } finally {
    await secure.close();
  }
});

describe('errors', () => {
  test.each<[number, string, string[]]>([
    [1, 'there is no key "yak"', ['get', 'words', '"yak"']],
    [1, 'there is no key "yak"', ['del', 'words', '"yak"']],
    [2, 'must be a string', ['get', 'words', '7']],
    [2, 'ERR_OUT_OF_RANGE', ['get', 'numbers', '4294967296']],
    [2, "no field 'nme'", ['scan', 'cities', '--fields', 'nme']],
    [2, '--cursor is for databases in a folder', ['scan', 'cities', '--limit', '1', '--cursor']],
    [3, 'ERR_NO_COLLECTION', ['get', 'towns', '"x"']],
  ])('%i: %s', async (status, told, [command, ...args]) => {
    const ran = await leasehold([command as string, address, ...args]);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toContain(told);
  });

  test.each([['import'], ['clear'], ['drop'], ['readers'], ['copy'], ['verify'], ['objects'], ['serve']])(
    '%s takes a folder only, and says so',
    async (command) => {
      const more: { readonly [name: string]: string[] } = {
        import: ['words', '/nothing.csv'],
        clear: ['words'],
        drop: ['words'],
        copy: [join(temporaryFolder(), 'copy')],
        objects: ['ls'],
      };
      const ran = await leasehold([command, address, ...(more[command] ?? [])]);
      expect([ran.status, ran.stdout]).toEqual([2, '']);
      expect(ran.stderr).toContain(`'${address}' is the address of a server: this command takes a folder only`);
    },
  );

  test.each([['verify'], ['serve'], ['readers']])(
    '%s of a store in PostgreSQL names what there is for that, and no password',
    async (command) => {
      const ran = await leasehold([command, 'postgres://ann:sesame@/shop?host=/nowhere&password=sesame']);
      expect([ran.status, ran.stdout]).toEqual([2, '']);
      expect(ran.stderr).toContain('leasehold store check');
      expect(ran.stderr).not.toContain('sesame');
    },
  );

  test.each([
    ['store', 'install', 'postgre://ann:sesame@host/shop'],
    ['store', 'install', 'postgre://ann:sesame@/shop'],
    ['store', 'check', 'postgre://ann:sesame@host/shop'],
    ['store', 'copy', 'file:./nowhere', 'postgres://ann:sesame@host/shop'],
  ])('no password is shown: %s %s %s', async (...args) => {
    const ran = await leasehold(args);
    expect(ran.status).toBeGreaterThan(1);
    expect(ran.stderr).not.toContain('sesame');
  });

  test('a server that does not answer is a fault that names it', async () => {
    const { status, stderr } = await leasehold(['ls', 'tcp://127.0.0.1:1']);
    expect([status, stderr]).toEqual([3, expect.stringContaining('tcp://127.0.0.1:1')]);
    expect((await leasehold(['ls', 'tcp://'])).status).toBe(2);
  });
});
