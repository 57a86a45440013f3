import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { WaitingChild } from '../support/child.ts';
import { openTemporary, temporaryFolder, until } from '../support/fixture.ts';

/* Processes that stand still (SIGSTOP): their sockets stay open, and nobody answers. */

const client = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address);
  const items = store.collection('items');
  tell(await items.get('a'));
  process.stdin.once('data', async () => {
    await store.sync();
    tell([await items.get('a'), store.state]);
  });
`;

test('a client that stands still costs the server little, is closed, and comes back', async () => {
  const env = openTemporary({ changes: { count: 1_000_000 } });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 0);
  const address = `unix:${temporaryFolder()}/socket`;
  const server = await serve(env, { listen: address, limits: { heartbeat: 300 } });
  const child = new WaitingChild(client, { address });
  expect(await child.next()).toBe(0);
  child.signal('SIGSTOP');
  const before = process.memoryUsage();
  const most = { bytes: 0 };
  // Its CHANGED frames name long keys: 20 MB.
  for (let i = 0; i < 400 && server.counters().open === 1; i++) {
    env.write(() => {
      for (let n = 0; n < 100; n++) items.put(`${'k'.repeat(490)}${n}`, i);
    });
    await new Promise((resolve) => setImmediate(resolve));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    most.bytes = Math.max(most.bytes, heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers);
  }
  await until(() => server.counters().open === 0, 'it is closed');
  // 40 MB for the garbage of this process, which writes.
  expect(most.bytes).toBeLessThan(50 * 2 ** 20);
  items.put('a', 'after');
  child.signal('SIGCONT');
  child.send('go on');
  expect(await child.next()).toEqual(['after', 'connected']);
  await child.kill();
  await server.close({ timeout: 100 });
});

const server = `
  const { serve } = await import(library + '/dist/server.js');
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 1);
  items.put('b', 2);
  await serve(env, { listen: args.address, limits: { heartbeat: 300 } });
  tell('listens');
  process.stdin.resume();
`;

test('a server that stands still is left: a cache answers what it has, and the rest is answered later', async () => {
  const path = temporaryFolder();
  const address = `unix:${path}/socket`;
  const child = new WaitingChild(server, { path, address });
  expect(await child.next()).toBe('listens');
  const store = await connect(address, { cache: temporaryFolder() });
  const items = store.collection('items');
  expect(await items.get('a')).toBe(1);
  const states: string[] = [];
  store.on('state', (state) => void states.push(state));
  child.signal('SIGSTOP');
  const asked = items.get('b');
  await until(() => store.state === 'disconnected', 'the client notices');
  expect(await items.get('a')).toBe(1);
  const put = items.put('a', 5);
  child.signal('SIGCONT');
  expect(await asked).toBe(2);
  await put;
  expect(await items.get('a')).toBe(5);
  expect(states).toEqual(['disconnected', 'connected']);
  expect(store.counters()?.failure).toBeUndefined();
  await store.close();
  await child.kill();
});
