import { createPrivateKey } from 'node:crypto';
import { connect as connectTls, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, type Store } from '../../lib/client/index.ts';
import { json, type LeaseholdError, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { openTemporary, rejection, until } from '../support/fixture.ts';

const authority = makeAuthority('shop');
const stranger = makeAuthority('stranger');
const host = { hosts: ['127.0.0.1', 'localhost'] };
const own = authority.sign('server', host);

const stores: Store[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  for (const each of servers.splice(0)) await each.close();
});

interface Served {
  readonly address: string;
  readonly errors: LeaseholdError[];
  readonly server: Server;
}

async function serveTls(tls: TlsOptions): Promise<Served> {
  const errors: LeaseholdError[] = [];
  const onError = (error: Error): void => void errors.push(error as LeaseholdError);
  const server = await serve(openTemporary(), { listen: 'tls://127.0.0.1:0', tls, onError });
  servers.push(server);
  return { server, errors, address: server.addresses[0] as string };
}

async function store(address: string, tls: NonNullable<ConnectOptions['tls']>): Promise<Store> {
  const opened = await connect(address, { tls });
  stores.push(opened);
  return opened;
}

describe('a server with a certificate', () => {
  test('is used by those who trust who has signed it', async () => {
    const { address } = await serveTls(own);
    const items = (await store(address, { ca: authority.cert })).collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    expect(await items.get('a')).toBe(1);
  });

  test('may have a key with a passphrase, and so may a client', async () => {
    const passphrase = 'of the key';
    const encrypted = (key: string): string =>
      createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string;
    const secret = { ...own, key: encrypted(own.key), passphrase };
    const { address } = await serveTls({ ...secret, ca: authority.cert, requestCert: true });
    const client = authority.sign('client');
    const opened = await store(address, { ca: authority.cert, ...client, key: encrypted(client.key), passphrase });
    expect(opened.state).toBe('connected');
    const wrong = { ...secret, passphrase: 'another one' };
    for (const refused of [serveTls(wrong), store(address, wrong), serveTls({ ...own, key: client.key })]) {
      const { code, message } = await rejection(refused);
      expect([code, message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('passphrase to key')]);
    }
  });

  test('sends and takes large values, beside small ones', async () => {
    const { address } = await serveTls(own);
    const blobs = (await store(address, { ca: authority.cert })).collection('blobs', { key: utf8, value: utf8 });
    const large = Array.from({ length: 400_000 }, (_, i) => `line ${i}\n`).join('');
    await blobs.put('large', large);
    await blobs.put('small', 'x');
    const [first, small, second] = await Promise.all([blobs.get('large'), blobs.get('small'), blobs.get('large')]);
    expect([String(first) === large, String(small), String(second) === large]).toEqual([true, 'x', true]);
  });

  test.each([
    ['of an authority that the client does not know', stranger.sign('server', host), 'tls.ca'],
    ['that has expired', authority.sign('server', { ...host, isExpired: true }), 'expired'],
    ['of another host', authority.sign('server', { hosts: ['elsewhere'] }), 'tls.servername'],
  ])('is not used if the certificate is one %s', async (_what, certificate, told) => {
    const { address, errors, server } = await serveTls(certificate);
    const error = await rejection(store(address, { ca: authority.cert }));
    expect(error).toMatchObject({ code: 'ERR_CERTIFICATE', message: expect.stringContaining(told) });
    expect(error.message).toContain(address);
    await until(() => server.counters().open === 0, 'the server lets go of the client');
    // A client that closes does not say why. A server that sees it go before TLS began tells what it may have been.
    for (const each of errors) expect(each.message).toContain('may not accept the certificate');
  });

  test('a server without TLS is told apart by a client with TLS', async () => {
    const server = await serve(openTemporary(), { listen: 'tcp://127.0.0.1:0' });
    servers.push(server);
    const error = await rejection(connect((server.addresses[0] as string).replace('tcp:', 'tls:')));
    expect(error).toMatchObject({
      code: 'ERR_DISCONNECTED',
      message: expect.stringContaining("is it one for 'tcp:'?"),
    });
  });

  test('says to a client without TLS that it wants TLS, and goes on', async () => {
    const { address, errors } = await serveTls(own);
    const error = await rejection(connect(address.replace('tls:', 'tcp:')));
    expect(error).toMatchObject({ code: 'ERR_DISCONNECTED', message: expect.stringContaining("does it want 'tls:'?") });
    await until(() => errors.length > 0, 'the server tells of it');
    expect(errors[0]?.message).toMatch(/not begun with TLS: .*\S$/);
    expect((await store(address, { ca: authority.cert })).state).toBe('connected');
  });
});

test('the path of a certificate or a key is refused where its text is wanted', async () => {
  const { address } = await serveTls(own);
  for (const name of ['ca', 'cert', 'key']) {
    const wrong = { ...own, [name]: './server.pem' };
    for (const refused of [
      connect(address, { tls: wrong }),
      serve(openTemporary(), { listen: 'tls://127.0.0.1:0', tls: wrong }),
    ]) {
      expect(await rejection(refused)).toMatchObject({
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining(`tls.${name} must be the text`),
      });
    }
  }
  const many = [Buffer.from(stranger.cert), authority.cert];
  expect((await store(address, { ca: many })).state).toBe('connected');
});

describe('a server that wants certificates of clients', () => {
  const wanted = { ...own, ca: authority.cert, requestCert: true };

  test('takes a client whose certificate its authority has signed', async () => {
    const { address } = await serveTls(wanted);
    const opened = await store(address, { ca: authority.cert, ...authority.sign('client') });
    await opened.collection('items', { key: utf8, value: json }).put('a', 1);
    expect(await opened.collections()).toEqual(['items']);
  });

  test.each([
    ['no certificate', {}],
    ['a certificate of another authority', stranger.sign('client')],
    ['a certificate that has expired', authority.sign('client', { isExpired: true })],
  ])('refuses %s, and both sides are told why', async (_what, certificate) => {
    const { address, errors, server } = await serveTls(wanted);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const error = await rejection(store(address, { ca: authority.cert, ...certificate, maxVersion }));
      expect(error).toMatchObject({ code: 'ERR_CERTIFICATE', message: expect.stringContaining('tls.cert') });
      await until(() => errors.length > 0, 'the server tells of it');
      expect(errors.shift()).toMatchObject({
        code: 'ERR_CERTIFICATE',
        message: expect.stringContaining('127.0.0.1'),
      });
    }
    expect(server.counters()).toMatchObject({ refused: 2, connections: 0, open: 0 });
  });
});

test('a session that is resumed does not take the place of a certificate', async () => {
  const { address, errors } = await serveTls({ ...own, ca: authority.cert, requestCert: true });
  const port = Number(new URL(address).port);
  const end = async (session?: Buffer): Promise<Buffer | undefined> => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: authority.cert, ...(session && { session }) });
    let ticket: Buffer | undefined;
    socket.on('session', (given) => {
      ticket = given;
    });
    let told = '';
    socket.on('data', (bytes) => {
      told += bytes.toString();
    });
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    expect(told).toContain('ERR_CERTIFICATE');
    return ticket;
  };
  const session = await end();
  expect(session).toBeDefined();
  await end(session);
  expect(errors.map(({ code }) => code)).toEqual(['ERR_CERTIFICATE', 'ERR_CERTIFICATE']);
});

test('a client that begins with TLS and says nothing more is closed', async () => {
  const { address } = await serveTls(own);
  const port = Number(new URL(address).port);
  const socket = connectTls({ host: '127.0.0.1', port, ca: authority.cert });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  socket.write(Buffer.alloc(100, 255));
  await closed;
});
