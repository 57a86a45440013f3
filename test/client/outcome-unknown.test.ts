import { createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';

const env = openTemporary();
const items = env.collection('items', { key: utf8, value: json, versions: true });

let server: Server;
let store: Store;
let sockets: Socket[];
let cut: () => void;
/** What the server sends does not arrive any more. */
let isSilent: boolean;
beforeEach(async () => {
  const folder = temporaryFolder();
  sockets = [];
  isSilent = false;
  server = await serve(env, { listen: `unix:${join(folder, 'server')}` });
  const proxy = createServer((client) => {
    const behind = dial(join(folder, 'server'));
    sockets.push(client, behind);
    client.pipe(behind);
    behind.on('data', (bytes) => !isSilent && client.write(bytes));
    for (const socket of [client, behind]) socket.on('error', () => {}).on('close', cut);
  });
  cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => proxy.listen(join(folder, 'proxy'), resolve));
  store = await connect(`unix:${join(folder, 'proxy')}`, { timeout: 100 });
  await store.collection('items').get('a');
  const { close } = proxy;
  cut = () => {
    close.call(proxy);
    for (const socket of sockets) socket.destroy();
  };
});
afterEach(async () => {
  await store.close();
  cut();
  await server.close();
});

test.each([
  ['put', () => store.collection('items').put('a', 'put')],
  ['transact', () => store.transact((txn) => txn.collection('items').put('a', 'transact'))],
  ['batch', () => store.batch([{ type: 'put', collection: 'items', key: 'a', value: 'batch' }])],
])('%s says that its outcome is unknown if it was sent and no answer comes', async (value, write) => {
  isSilent = true;
  const failed = rejection(write());
  await until(() => items.get('a') === value, 'the commit is made');
  cut();
  const error = await failed;
  expect([error.code, (error.cause as { code?: string }).code]).toEqual(['ERR_OUTCOME_UNKNOWN', 'ERR_DISCONNECTED']);
});

test('a store that is closed says so of what it has sent, too', async () => {
  isSilent = true;
  const failed = rejection(store.collection('items').put('a', 'closed'));
  await until(() => items.get('a') === 'closed', 'the commit is made');
  await store.close();
  expect((await failed).code).toBe('ERR_OUTCOME_UNKNOWN');
});

test('a commit that was answered is made, also if the store is closed before it is told', async () => {
  const written = store.collection('items').put('a', 'answered');
  written.then(undefined, () => {});
  await until(() => items.get('a') === 'answered', 'the commit is made');
  const [closed, put] = await Promise.allSettled([store.close(), written]);
  expect([closed.status, put.status === 'fulfilled' || put.reason.code]).toEqual([
    'fulfilled',
    expect.toSatisfy((is) => is === true || is === 'ERR_OUTCOME_UNKNOWN'),
  ]);
});

test('what was not sent has not been made, and what only reads has no outcome', async () => {
  cut();
  await until(() => store.state === 'disconnected', 'the store is told');
  const found = store.collection('items');
  const codes = [found.put('b', 1), found.get('a'), store.transact((txn) => txn.collection('items').get('a'))];
  expect((await Promise.all(codes.map((each) => rejection(each)))).map(({ code }) => code)).toEqual(
    Array(3).fill('ERR_DISCONNECTED'),
  );
  expect(items.has('b')).toBe(false);
});
