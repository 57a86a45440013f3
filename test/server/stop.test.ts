import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';

const stores: Store[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  for (const each of servers.splice(0)) await each.close();
});

const env = openTemporary();
const items = env.collection('items', { key: utf8, value: json, versions: true });
const large = 'x'.repeat(8 * 2 ** 20);
items.put('large', large);
items.put('small', 1);

async function start(listen: string): Promise<Server> {
  const server = await serve(env, { listen });
  servers.push(server);
  return server;
}

async function store(address: string | readonly string[], timeout = 60_000): Promise<Store> {
  const opened = await connect(address, { timeout });
  stores.push(opened);
  return opened;
}

test('a server that stops answers what it was asked, whole, and then closes', async () => {
  const server = await start('tcp://127.0.0.1:0');
  const opened = await store(server.addresses[0] as string);
  const found = opened.collection<string, unknown>('items');
  await found.get('small');
  const asked = found.get('large');
  const stored = found.put('stored', 2);
  await until(() => server.counters().streams > 0, 'the large value is under way');
  const states: string[] = [];
  opened.on('state', (state) => states.push(state));
  const closed = server.close();
  const [value] = await Promise.all([asked, closed]);
  expect(value === large).toBe(true);
  await until(() => items.get('stored') === 2, 'the commit is made');
  await until(() => states.includes('disconnected'), 'the client is told');
  await stored;
  // The client goes on at the next server.
  await start(server.addresses[0] as string);
  expect(await found.get('small')).toBe(1);
});

test('what is asked of a server that stops is answered by another one, and nothing is lost', async () => {
  const folder = temporaryFolder();
  const addresses = ['a', 'b'].map((name) => `unix:${join(folder, name)}`) as [string, string];
  const [first] = [await start(addresses[0]), await start(addresses[1])];
  const opened = await store(addresses);
  const found = opened.collection<string, number>('items');
  await found.get('small');
  const slow = found.get('large') as Promise<unknown>;
  const puts: Promise<unknown>[] = [];
  await until(() => first.counters().streams > 0, 'the large value is under way');
  const closed = first.close();
  for (let i = 0; i < 50; i++) puts.push(found.put(`n ${i}`, i));
  await Promise.all([...puts, slow, closed]);
  expect(await found.count({ prefix: 'n ' })).toBe(50);
  expect(opened.state).toBe('connected');
});

test('a client that does not read what it has asked for is closed after the timeout', async () => {
  const server = await start('tcp://127.0.0.1:0');
  const opened = await store(server.addresses[0] as string, 100);
  const rows = opened.collection('items').range()[Symbol.asyncIterator]();
  await rows.next();
  const changes = opened.collection('items').watch();
  const waiting = (async () => {
    for await (const change of changes) expect(change).toBeDefined();
  })().catch(() => {});
  await server.close({ timeout: 200 });
  expect(server.counters()).toMatchObject({ open: 0, streams: 0 });
  expect((await rejection(opened.collection('items').get('small'))).code).toBe('ERR_DISCONNECTED');
  await opened.close();
  await waiting;
});

test('a server that stops waits neither for clients that ask nothing, nor for those that only watch', async () => {
  const server = await start('tcp://127.0.0.1:0');
  const opened = await store(server.addresses[0] as string);
  const seen: unknown[] = [];
  const watching = (async () => {
    for await (const change of opened.collection('items').watch()) seen.push(change);
  })().catch(() => {});
  const view = await opened.snapshot();
  expect(await view.collection('items').get('small')).toBe(1);
  // The timeout is longer than a test may take.
  await server.close({ timeout: 600_000 });
  expect(server.counters()).toMatchObject({ open: 0, holds: 0 });
  await opened.close();
  await watching;
});
