import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { openAt, rejection, temporaryFolder, until } from '../support/fixture.ts';
import { leasehold, processOf } from './command.ts';
import { killServing, startServing } from './serving.ts';

const ADMIN = 'the token of the administrator';
const READER = 'the token of the reader';

const stores: Store[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  killServing();
});

async function store(address: string, options: ConnectOptions = {}): Promise<Store> {
  const opened = await connect(address, options);
  stores.push(opened);
  return opened;
}

function database(): string {
  const path = temporaryFolder();
  const env = openAt(path);
  env.collection('items', { key: utf8, value: json, versions: true }).put('a', 1);
  env.close();
  return path;
}

function fileOf(name: string, content: unknown): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('serves at several addresses until it is told to stop, and ends with 0', async () => {
  const db = database();
  const socket = join(db, 'socket');
  const server = await startServing([db, '--listen', `unix:${socket}`, '--listen', 'tcp://127.0.0.1:0']);
  expect(server.addresses).toEqual([`unix:${socket}`, expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/)]);
  const [first, second] = [await store(server.address), await store(server.addresses[1] as string)];
  await first.collection('items').put('b', 2);
  await second.sync();
  expect(await second.collection('items').get('b')).toBe(2);
  expect(await server.stop('SIGINT')).toBe(0);
  expect([existsSync(socket), server.told()]).toEqual([false, '']);
});

test('a new database is made, and says so', async () => {
  const path = join(temporaryFolder(), 'new');
  const server = await startServing([path, '--listen', 'tcp://127.0.0.1:0']);
  const items = (await store(server.address)).collection('items', { key: utf8, value: json });
  await items.put('a', 1);
  expect(await server.stop()).toBe(0);
  expect(
    openAt(path)
      .collection('items')
      .get('a' as never),
  ).toBe(1);
});

test('stopping answers what was asked', async () => {
  const db = database();
  const server = await startServing([db, '--listen', 'tcp://127.0.0.1:0']);
  const items = (await store(server.address)).collection<string, unknown>('items');
  const large = 'x'.repeat(30_000_000);
  await items.put('large', large);
  const asked = [items.get('large'), items.get('large')];
  // The answers have begun.
  await items.get('a');
  const [code, ...values] = await Promise.all([server.stop(), ...asked]);
  expect([code, values.every((value) => value === large)]).toEqual([0, true]);
});

test('the file of configuration has all that flags have, and flags win', async () => {
  const authority = makeAuthority('shop');
  const { cert, key } = authority.sign('server', { hosts: ['127.0.0.1'] });
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries({ 'server.pem': cert, 'server.key': key })) {
    writeFileSync(join(folder, name), text);
  }
  const config = join(folder, 'server.json');
  const tokens = [
    { token: ADMIN, grants: [{ collection: '*', write: true }] },
    { token: READER, name: 'reader', grants: [{ collection: 'items', read: true }] },
  ];
  const given = {
    listen: ['tls://127.0.0.1:0', 'tcp://127.0.0.1:0'],
    tls: { cert: 'server.pem', key: 'server.key' },
    tokens,
    limits: { heartbeat: 7000 },
    metrics: '127.0.0.1:0',
    open: { durability: 'nosync' },
    stopTimeout: 1000,
  };
  writeFileSync(config, JSON.stringify(given));
  const server = await startServing([database(), '--config', config]);
  expect(server.addresses.map((address) => address.slice(0, 3))).toEqual(['tls', 'tcp']);
  const tls = { ca: authority.cert };
  const items = (await store(server.address, { tls, token: READER })).collection('items');
  expect(await items.get('a')).toBe(1);
  expect((await rejection(items.put('b', 1))).code).toBe('ERR_FORBIDDEN');
  expect((await rejection(store(server.addresses[1] as string))).code).toBe('ERR_FORBIDDEN');
  await until(() => server.told().includes('ERR_FORBIDDEN: '), 'the refused client is told of');
  expect(server.told()).not.toContain(ADMIN);
  expect(server.metrics).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  await server.stop();
  const other = await startServing([database(), '--config', config, '--listen', 'tcp://127.0.0.1:0', '--read-only']);
  expect(other.addresses).toHaveLength(1);
  const found = (await store(other.address, { token: ADMIN })).collection('items');
  expect((await rejection(found.put('b', 1))).code).toBe('ERR_READ_ONLY');
});

test('clients must show certificates if --tls-ca is given; a file of tokens may have a line a token', async () => {
  const authority = makeAuthority('shop');
  const { cert, key } = authority.sign('server', { hosts: ['127.0.0.1'] });
  const flags = ['--tls-cert', fileOf('cert.pem', cert), '--tls-key', fileOf('key.pem', key)];
  flags.push('--tls-ca', fileOf('ca.pem', authority.cert), '--token-file', fileOf('tokens', `${ADMIN}\n\n${READER}\n`));
  const server = await startServing([database(), '--listen', 'tls://127.0.0.1:0', ...flags]);
  const tls = { ca: authority.cert };
  expect((await rejection(store(server.address, { tls, token: ADMIN }))).code).toBe('ERR_CERTIFICATE');
  const known = { ...tls, ...authority.sign('client') };
  expect((await rejection(store(server.address, { tls: known }))).code).toBe('ERR_FORBIDDEN');
  for (const token of [ADMIN, READER]) {
    const items = (await store(server.address, { tls: known, token })).collection('items');
    await items.put('b', token);
    expect(await items.get('b')).toBe(token);
  }
});

test('metrics are in the text format of Prometheus', async () => {
  const server = await startServing([database(), '--listen', 'tcp://127.0.0.1:0', '--metrics', '0']);
  const opened = await store(server.address);
  const items = opened.collection('items');
  await items.put('b', 2);
  expect((await rejection(opened.collection('absent').get('x'))).code).toBe('ERR_NO_COLLECTION');
  await using view = await opened.snapshot();
  await view.collection('items').get('a');
  const metrics = async (): Promise<Record<string, number>> => {
    const answer = await fetch(server.metrics as string);
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const text = await answer.text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const [, name] of samples.map((line) => /^([a-z_]+) \d+(?:\.\d+)?$/.exec(line) ?? []))
      expect(text).toMatch(new RegExp(`^# HELP ${name} .+\\n# TYPE ${name} (?:counter|gauge)\\n${name} `, 'm'));
    return Object.fromEntries(samples.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]));
  };
  expect(await metrics()).toMatchObject({
    leasehold_connections_total: 1,
    leasehold_connections: 1,
    leasehold_commits_total: 1,
    leasehold_conflicts_total: 0,
    leasehold_snapshot_holds: 1,
    leasehold_streams: 0,
  });
  const { leasehold_sent_bytes_total: sent, leasehold_received_bytes_total: received } = await metrics();
  expect(Math.min(sent as number, received as number)).toBeGreaterThan(100);
  expect((await fetch((server.metrics as string).replace('/metrics', '/'))).status).toBe(404);
});

test('several processes serve one database: each tells its clients what those of the other commit', async () => {
  const db = database();
  const [first, second] = [
    await startServing([db, '--listen', 'tcp://127.0.0.1:0']),
    await startServing([db, '--listen', 'tcp://127.0.0.1:0']),
  ];
  const [one, other] = [await store(first.address), await store(second.address)];
  expect(other.id).toBe(one.id);
  const told: string[] = [];
  const watching = (async () => {
    for await (const { keys } of other.collection('items').watch({ prefix: 'n' })) {
      told.push(...(keys ?? []).map(String));
      if (told.length === 20) break;
    }
  })();
  await other.sync();
  for (let i = 0; i < 20; i++) await one.collection('items').put(`n${i}`, i);
  await watching;
  expect(told).toEqual(Array.from({ length: 20 }, (_, i) => `n${i}`));
  const counters = [one, other, one, other].map((each) =>
    each.transact(
      async (txn) => {
        const items = txn.collection('items');
        await items.put('a', ((await items.get('a')) as number) + 1);
      },
      { retries: 100 },
    ),
  );
  await Promise.all(counters);
  await one.sync();
  expect(await one.collection('items').get('a')).toBe(5);
  // One goes, the other stays.
  const both = await connect([first.address, second.address]);
  stores.push(both);
  await first.stop();
  expect(await both.collection('items').get('a')).toBe(5);
});

describe('wrong usage', () => {
  const db = database();
  test.each<[number, string, string[]]>([
    [2, "'nowhere' is no address", ['--listen', 'nowhere']],
    [2, '--tls-cert and --tls-key', ['--listen', 'tls://127.0.0.1:0']],
    [2, 'cannot read /nowhere/server.json', ['--config', '/nowhere/server.json']],
    [2, 'is not JSON', ['--config', fileOf('bad.json', '{')]],
    [2, "the field 'port'", ['--config', fileOf('unknown.json', { port: 7070 })]],
    [2, "the field 'pfx'", ['--config', fileOf('tls.json', { tls: { pfx: 'x' } })]],
    [2, 'must be a JSON object', ['--config', fileOf('list.json', [1])]],
    [2, 'limits', ['--config', fileOf('limits.json', { limits: { value: 'much' } })]],
    [2, '16 characters', ['--token-file', fileOf('tokens', 'short')]],
    [2, 'has no token', ['--token-file', fileOf('tokens', '\n')]],
    [2, 'metrics must be', ['--metrics', 'here']],
    [3, 'EADDRINUSE', ['--listen', 'tcp://127.0.0.1:0', '--metrics', 'USED']],
  ])('ends with %i and tells %j', async (status, told, args) => {
    const used = args.includes('USED') ? await startServing([db, '--listen', 'tcp://127.0.0.1:0']) : undefined;
    const port = used?.address.split(':').at(-1) as string;
    const ran = await leasehold(['serve', db, ...args.map((arg) => (arg === 'USED' ? port : arg))]);
    expect([ran.status, ran.stdout]).toEqual([status, '']);
    expect(ran.stderr).toContain(told);
  });

  test('a database that cannot be made is a fault', () => {
    expect(processOf(['serve', fileOf('file', 'no database')]).status).toBe(3);
  });

  test('an address that others can reach, without tokens, is warned of', async () => {
    const open = await startServing([db, '--listen', 'tcp://0.0.0.0:0']);
    expect(open.told()).toContain('everybody who can reach tcp://0.0.0.0');
    const guarded = await startServing([db, '--listen', 'tcp://0.0.0.0:0', '--token-file', fileOf('tokens', ADMIN)]);
    expect(guarded.told()).toBe('');
  });
});
