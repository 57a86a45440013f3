import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { bytes, type Environment, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { FrameReader } from '../../lib/wire/frame-reader.ts';
import { Kind } from '../../lib/wire/protocol.ts';
import { openTemporary, rejection } from '../support/fixture.ts';
import { Random } from '../versions/random.ts';
import { BadNetwork } from './bad-network.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function served(): Promise<{ env: Environment; server: Server; address: string }> {
  const env = openTemporary();
  env.collection('items', { key: utf8, value: bytes, versions: true }).put('a', Buffer.from('1'));
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  closing.push(() => server.close({ timeout: 100 }));
  return { env, server, address: server.addresses[0] as string };
}

async function opened(address: string): Promise<Store> {
  const store = await connect(address);
  closing.push(() => store.close());
  return store;
}

/** A server that dies of a request whose frame has this text. Returns its address, and how often it has died. */
async function dyingOf(text: string, target: string): Promise<{ address: string; deaths: () => number }> {
  let deaths = 0;
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connectSocket(Number(port), hostname);
    const reader = new FrameReader(2 ** 26, ({ kind, bytes: found, start, end }) => {
      if (kind === Kind.HELLO || !Buffer.from(found.subarray(start, end)).includes(text)) return;
      deaths++;
      client.destroy();
    });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (piece: Buffer) => {
      reader.push(piece);
      if (!client.destroyed) server.write(piece);
    });
    server.pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address: `tcp://127.0.0.1:${(proxy.address() as { port: number }).port}`, deaths: () => deaths };
}

test('a request that ends each connection fails, and what was asked beside it is answered', async () => {
  const { env, address } = await served();
  const items = env.collection('items', { key: utf8, value: bytes });
  for (let i = 0; i < 50; i++) items.put(`n${i}`, Buffer.from(`${i}`));
  const { address: dying, deaths } = await dyingOf('poison', address);
  const store = await opened(dying);
  const found = store.collection<string, Uint8Array, string, { toBuffer(): Buffer }>('items');
  await found.get('a');
  const asked = Array.from({ length: 50 }, (_, i) => (i === 25 ? undefined : found.get(`n${i}`)));
  const poison = found.get('poison');
  const watched = found.watch().next();
  const error = await rejection(poison);
  expect(error).toMatchObject({ code: 'ERR_DISCONNECTED', cause: { code: 'ERR_DISCONNECTED' } });
  expect(error.message).toContain('10 connections have ended');
  const values = (await Promise.all(asked)).map((value) => value?.toBuffer().toString());
  expect(values).toEqual(Array.from({ length: 50 }, (_, i) => (i === 25 ? undefined : `${i}`)));
  expect(deaths()).toBe(10);
  items.put('a', Buffer.from('2'));
  expect((await watched).done).toBe(false);
  expect(store.state).toBe('connected');
});

test('a large value that is cut goes on where it was, whatever is committed meanwhile', async () => {
  const { env, address } = await served();
  const items = env.collection('items', { key: utf8, value: bytes });
  const value = Buffer.alloc(8 * 2 ** 20);
  for (let i = 0; i < value.length; i += 4) value.writeUInt32LE(i, i);
  items.put('large', value);
  const proxy = await BadNetwork.start(() => address, new Random(1));
  closing.push(() => proxy.close());
  const store = await opened(proxy.address);
  await store.sync();
  const found = store.collection<string, Uint8Array, string, { toBuffer(): Buffer }>('items');
  const view = await store.snapshot();
  // About every second connection is cut within the first MiB.
  const before = proxy.passed;
  proxy.faults = { cut: 0.02, most: 40_000 };
  const reading = view.collection<string, string, { toBuffer(): Buffer }>('items').get('large');
  for (let i = 0; i < 20; i++) items.put('large', Buffer.alloc(100_000, i));
  expect(((await reading) as { toBuffer(): Buffer }).toBuffer().equals(value)).toBe(true);
  expect(proxy.cuts).toBeGreaterThan(2);
  proxy.faults = {};
  expect(proxy.passed - before).toBeLessThan(2 * value.length);
  expect((await found.get('large'))?.toBuffer().length).toBe(100_000);
  view.close();
});
