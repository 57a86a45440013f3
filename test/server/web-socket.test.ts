import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type Store } from '../../lib/client/index.ts';
import { json, type LeaseholdError, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { openTemporary, rejection, until } from '../support/fixture.ts';

const authority = makeAuthority('shop');
const own = authority.sign('server', { hosts: ['127.0.0.1'] });
const TOKEN = 'a token with enough characters';
const tokens = [{ token: TOKEN, grants: [{ collection: '*', write: true }] }];

const stores: Store[] = [];
const servers: Server[] = [];
afterEach(async () => {
  vi.doUnmock('ws');
  for (const each of stores.splice(0)) await each.close();
  for (const each of servers.splice(0)) await each.close();
});

async function start(options: Partial<ServeOptions> = {}): Promise<{ address: string; errors: LeaseholdError[] }> {
  const errors: LeaseholdError[] = [];
  const onError = (error: Error): void => void errors.push(error as LeaseholdError);
  const server = await serve(openTemporary(), { listen: 'ws://127.0.0.1:0', onError, ...options });
  servers.push(server);
  return { address: server.addresses[0] as string, errors };
}

async function store(address: string, options: ConnectOptions = {}): Promise<Store> {
  const opened = await connect(address, options);
  stores.push(opened);
  return opened;
}

test('values that are larger than a message go both ways', async () => {
  const { address } = await start();
  const blobs = (await store(address)).collection('blobs', { key: utf8, value: utf8 });
  const large = Array.from({ length: 500_000 }, (_, i) => `line ${i}\n`).join('');
  await blobs.put('large', large);
  expect(String(await blobs.get('large')) === large).toBe(true);
});

describe('over TLS', () => {
  test('with certificates of both sides', async () => {
    const tls = { ...own, ca: authority.cert, requestCert: true };
    const { address, errors } = await start({ listen: 'wss://127.0.0.1:0', tls });
    const known = { ca: authority.cert, ...authority.sign('client') };
    const items = (await store(address, { tls: known })).collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    expect(await items.get('a')).toBe(1);
    const stranger = makeAuthority('stranger').sign('client');
    for (const certificate of [{}, stranger]) {
      const refused = store(address, { tls: { ca: authority.cert, ...certificate } });
      expect((await rejection(refused)).code).toBe('ERR_CERTIFICATE');
    }
    expect(errors.map(({ code }) => code)).toEqual(['ERR_CERTIFICATE', 'ERR_CERTIFICATE']);
  });

  test('a server whose certificate is not known is not used', async () => {
    const { address } = await start({ listen: 'wss://127.0.0.1:0', tls: own });
    expect(await rejection(store(address))).toMatchObject({
      code: 'ERR_CERTIFICATE',
      message: expect.stringContaining('tls.ca'),
    });
  });
});

describe('pages of a browser', () => {
  const from = async (address: string, origin?: string): Promise<string> => {
    const socket = new WebSocket(address, origin === undefined ? {} : { origin });
    const answer = await new Promise<string>((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('error', ({ message }) => resolve(message));
    });
    socket.terminate();
    return answer;
  };

  test('may not connect to a server that wants no token, unless it names them', async () => {
    const { address, errors } = await start();
    expect(await from(address, 'https://anybody.example')).toContain('403');
    expect(errors).toMatchObject([{ code: 'ERR_FORBIDDEN', message: expect.stringContaining('anybody.example') }]);
    expect(await from(address)).toBe('open');
    const named = await start({ origins: ['https://shop.example'] });
    expect(await from(named.address, 'https://shop.example')).toBe('open');
    expect(await from(named.address, 'https://shop.example.evil')).toContain('403');
  });

  test('may connect to a server that wants tokens', async () => {
    const { address } = await start({ tokens });
    expect(await from(address, 'https://anybody.example')).toBe('open');
    expect((await rejection(store(address))).code).toBe('ERR_FORBIDDEN');
    expect((await store(address, { token: TOKEN })).state).toBe('connected');
  });
});

test('what is no WebSocket gets an answer that says so', async () => {
  const { address } = await start();
  const answer = await fetch(address.replace('ws:', 'http:'));
  expect([answer.status, await answer.text()]).toEqual([426, expect.stringContaining('WebSocket')]);
});

test.each<[string, (socket: WebSocket) => void]>([
  ['text', (socket) => socket.send('hello')],
  ['a message that is too long', (socket) => socket.send(new Uint8Array(2 ** 20 + 1))],
  ['what are no frames', (socket) => socket.send(new Uint8Array(100).fill(255))],
])('a client that sends %s is closed, and others go on', async (_what, send) => {
  const { address } = await start();
  const socket = new WebSocket(address);
  await once(socket, 'open');
  send(socket);
  socket.on('error', () => {});
  await once(socket, 'close');
  await until(() => servers.at(-1)?.counters().open === 0, 'the server has let go of it');
  expect((await store(address)).state).toBe('connected');
});

test('without the package ws, the error says what to install', async () => {
  vi.doMock('ws', () => {
    throw new Error('not found');
  });
  vi.stubGlobal('WebSocket', undefined);
  try {
    const missing = { code: 'ERR_NOT_INSTALLED', message: expect.stringContaining('npm install ws') };
    expect(await rejection(start())).toMatchObject(missing);
    expect(await rejection(store('ws://127.0.0.1:1'))).toMatchObject(missing);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('without the package ws, a client uses the WebSocket of its runtime', async () => {
  const { address } = await start();
  vi.doMock('ws', () => {
    throw new Error('not found');
  });
  // What a browser has, and no more.
  const made: string[] = [];
  class Plain {
    constructor(url: string) {
      made.push(url);
      const socket = new WebSocket(url);
      Object.assign(socket, { terminate: undefined, pause: undefined, resume: undefined });
      // biome-ignore lint/correctness/noConstructorReturn: the class stands for the one of browsers
      return socket as unknown as Plain;
    }
  }
  vi.stubGlobal('WebSocket', Plain);
  try {
    const items = (await store(address)).collection('items', { key: utf8, value: json });
    await items.put('a', 'x'.repeat(3_000_000));
    expect(await items.get('a')).toHaveLength(3_000_000);
    expect(made).toEqual([address]);
  } finally {
    vi.unstubAllGlobals();
  }
});
