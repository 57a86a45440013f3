import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { json, open, tuple, utf8 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { hasPostgres, type PostgresServer, postgresOfFile } from '../support/postgres.ts';
import { asOnTerminal, jsonOf, leasehold, linesOf } from './command.ts';

const folder = temporaryFolder();
const env = open(folder);
env.write(() => {
  const cities = env.collection('cities', { key: tuple, value: json, versions: true });
  for (let i = 0; i < 500; i++) cities.put(['FR', i], { i });
  env.collection('words', { key: utf8, value: json, versions: true }).put('zebra', 'a striped animal');
});
env.close();

test('what is no store in PostgreSQL is refused by what works only there', async () => {
  for (const name of ['install', 'check']) {
    const { status, stderr } = await leasehold(['store', name, 'tcp://127.0.0.1:7070']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('no address of PostgreSQL')]);
  }
});

test.each(['', 'file:', 'file://'])('a folder that is not there (%s) is not made to be copied', async (scheme) => {
  const parent = temporaryFolder();
  const from = join(parent, 'shpo');
  const { status, stderr } = await leasehold(['store', 'copy', `${scheme}${from}`, join(parent, 'copy')]);
  expect([status, stderr]).toEqual([3, expect.stringContaining(`ENOENT: there is no database in '${from}'`)]);
  expect(readdirSync(parent)).toEqual([]);
});

test('a collection without versions is not copied, and the error says what makes it a part', async () => {
  const from = temporaryFolder();
  const source = open(from);
  source.collection('plain', { key: utf8, value: json }).put('a', 1);
  source.close();
  const { status, stderr } = await leasehold(['store', 'copy', from, temporaryFolder()]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('read the file back with --versions')]);
  const file = join(temporaryFolder(), 'plain.ndjson');
  expect((await leasehold(['export', from, 'plain', file])).status).toBe(0);
  expect((await leasehold(['drop', from, 'plain'])).status).toBe(0);
  expect((await leasehold(['import', from, 'plain', file, '--versions', '--key-codec', 'utf8'])).status).toBe(0);
  const to = temporaryFolder();
  expect(await jsonOf(['store', 'copy', from, to])).toMatchObject([{ records: 1 }]);
  expect(await leasehold(['scan', to, 'plain'])).toEqual(await leasehold(['scan', from, 'plain']));
});

describe.skipIf(!hasPostgres)('with a server', () => {
  let server: PostgresServer;
  let address: string;
  beforeAll(async () => {
    server = await postgresOfFile();
    address = `${server.address()}&schema=cli_${randomBytes(4).toString('hex')}`;
  });

  test('a store is installed, filled from a folder, read, checked, and copied back', async () => {
    const missing = await leasehold(['scan', address, 'cities']);
    // In quotes, as a shell needs it.
    expect([missing.status, missing.stderr]).toEqual([
      3,
      expect.stringContaining(`\`leasehold store install '${address}'\``),
    ]);
    expect(await jsonOf(['store', 'install', address])).toEqual([{ installed: true }]);
    expect(await jsonOf(['store', 'install', address])).toEqual([{ installed: false }]);
    expect(await jsonOf(['store', 'copy', folder, address])).toMatchObject([{ records: 501, collections: 2 }]);
    for (const args of [
      ['scan', 'cities', '--reverse', '--limit', '3'],
      ['scan', 'cities', '--count', '--gte', '["FR",100]'],
      ['get', 'words', '"zebra"'],
    ]) {
      const [name, ...rest] = args as [string, ...string[]];
      expect(await leasehold([name, address, ...rest])).toEqual(await leasehold([name, folder, ...rest]));
    }
    expect(await linesOf(['ls', address])).toEqual(['cities', 'words']);
    expect(await jsonOf(['stat', address])).toMatchObject([
      { tid: expect.any(Number), server: expect.any(String) },
      { collection: 'cities', key: 'tuple', entries: 500 },
      { collection: 'words', entries: 1 },
    ]);
    expect((await leasehold(['put', address, 'words', '"ant"', '"small"'])).status).toBe(0);
    expect((await leasehold(['del', address, 'words', '"ant"'])).status).toBe(0);
    const checked = await jsonOf(['store', 'check', address]);
    expect(checked).toEqual([expect.objectContaining({ problems: [], records: 501 })]);
    const back = temporaryFolder();
    const withPassword = `${address}&password=sesame`;
    const copied = await leasehold(['store', 'copy', withPassword, back]);
    expect([copied.status, copied.stderr]).toEqual([0, '']);
    expect(`${copied.stdout}${(await leasehold(['stat', withPassword])).stdout}`).not.toContain('sesame');
    expect(await leasehold(['scan', back, 'cities'])).toEqual(await leasehold(['scan', folder, 'cities']));
    expect((await leasehold(['store', 'copy', address, back])).status).not.toBe(0);
  });

  test('a check tells what does not fit together', async () => {
    const schema = new URLSearchParams(address.split('?')[1]).get('schema');
    const before = server.sql(`select tid from "${schema}".head`);
    server.sql(`update "${schema}".record set tid = 1000000 where collection = (select number from "${schema}".collection where name = 'cities');
      delete from "${schema}".change where tid = ${before}`);
    const { status, shown } = await asOnTerminal(['store', 'check', address]);
    expect(status).toBe(1);
    expect(shown).toContain('states are of commits that do not exist');
    expect(shown).toContain('commits are missing in the log of changes');
  });
});
