import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { bytes, type Environment, type LeaseholdError, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { FIN, Kind } from '../../lib/wire/protocol.ts';
import { openTemporary, rejection, until } from '../support/fixture.ts';
import { frame, getFrame, opening, RawClient } from './raw-client.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const each of servers.splice(0)) await each.close({ timeout: 100 });
});

async function served(
  more: Partial<ServeOptions> = {},
): Promise<{ server: Server; env: Environment; errors: Error[] }> {
  const env = openTemporary();
  env.collection('items', { key: utf8, value: bytes, versions: true }).put('a', Buffer.from('1'));
  const errors: Error[] = [];
  const server = await serve(env, {
    listen: 'tcp://127.0.0.1:0',
    onError: (error) => void errors.push(error),
    ...more,
  });
  servers.push(server);
  return { server, env, errors };
}

const put = (env: Environment, key: string, size: number): void => {
  env.collection('items', { key: utf8, value: bytes }).put(key, Buffer.alloc(size, key));
};

test('an answer that the socket takes at once, however large, does not hold up the next request', async () => {
  const { server, env } = await served();
  put(env, 'b', 120_000);
  const raw = await RawClient.greeted(server);
  const pipeline = frame(Kind.PIPELINE, FIN, 1, 0, (out) => {
    out.u64(2);
    out.u32(10);
    for (let i = 0; i < 10; i++) {
      out.u16(1);
      for (const byte of [0, 1, 0]) out.u8(byte);
      out.sized(Buffer.from('b'));
    }
  });
  raw.send(pipeline);
  expect((await raw.next(Kind.STATES)).payload.length).toBeGreaterThan(2 ** 20);
  raw.send(getFrame(1000, 2, 'a'));
  expect((await raw.next(Kind.VALUE)).id).toBe(1000);
  raw.socket.destroy();
});

describe('a client that sends what the protocol does not allow is closed, and told why', () => {
  const first = Kind.COMMIT;
  const cases: readonly [string, Buffer[]][] = [
    ['something else before HELLO', [frame(Kind.GET, FIN, 1, 0)]],
    ['no frame at all', [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')]],
    ['a HELLO above 64 KiB', [frame(Kind.HELLO, FIN, 0, 0, (out) => out.bytes(Buffer.alloc(65_537), 0, 65_537))]],
    ['a second HELLO', [opening, opening]],
    ['a request above the limit', [opening, Buffer.from([1, 0, 16, 0, 1, 0, 0, 0, Kind.GET, 0, 1, 0])]],
    ['a collection without a number', [opening, getFrame(1, 0, 'a').fill(9, 10, 11)]],
    [
      'a name that no collection can have',
      [opening, frame(Kind.OPEN, FIN, 0, 2, (out) => out.json({ name: 'x'.repeat(512) }))],
    ],
    [
      'a commit above the limit, in many pieces',
      [
        opening,
        ...Array.from({ length: 40 }, () => frame(first, 0, 7, 0, (out) => out.bytes(Buffer.alloc(1000), 0, 1000))),
      ],
    ],
    [
      'too many commits that have begun',
      [opening, ...Array.from({ length: 5 }, (_, id) => frame(first, 0, id + 1, 0))],
    ],
  ];
  test.each(cases)('%s', async (_what, pieces) => {
    const { server, errors } = await served({ limits: { commit: 30_000, streams: 4 } });
    const raw = await RawClient.connect(server);
    raw.send(...pieces);
    expect(await raw.closed).toBe('ERR_PROTOCOL');
    await until(() => errors.length === 1, 'the server tells of it');
    expect((errors[0] as LeaseholdError).code).toBe('ERR_PROTOCOL');
  });
});

test('the pieces of a commit cost the memory of their bytes, however small they are', async () => {
  const { server } = await served();
  const raw = await RawClient.greeted(server);
  const empty = frame(Kind.COMMIT, 0, 7, 0);
  const before = process.memoryUsage().heapUsed;
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => empty));
  for (let i = 0; i < 20; i++) raw.send(many);
  raw.send(frame(Kind.PING, 0, 1, 0));
  await raw.next(Kind.PONG);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 2 ** 20);
  raw.socket.destroy();
});

describe('a client that never reads', () => {
  const large = 16 * 1024;
  const flood: readonly [string, (at: number) => Buffer][] = [
    [
      'and asks for 1,000 values in one piece',
      (at) => Buffer.concat(Array.from({ length: 1000 }, (_, id) => getFrame(id + 1, at, 'k'))),
    ],
    [
      'and asks for signs of life',
      () => Buffer.concat(Array.from({ length: 400_000 }, () => frame(Kind.PING, 0, 1, 0))),
    ],
    [
      'and asks for everything, again and again',
      (at) =>
        Buffer.concat(
          Array.from({ length: 50 }, (_, id) =>
            frame(Kind.SCAN, FIN, id + 1, 1, (out) => {
              out.u64(at);
              out.u64(0);
              out.u32(2 ** 32 - 1);
              out.u8(0);
            }),
          ),
        ),
    ],
  ];
  test.each(flood)('%s costs little, and is closed', async (_what, pieces) => {
    const { server, env } = await served({ limits: { heartbeat: 400 } });
    put(env, 'k', large);
    for (let i = 0; i < 100; i++) put(env, `more ${i}`, large);
    const raw = await RawClient.greeted(server);
    raw.socket.pause();
    const piece = pieces(102);
    const before = process.memoryUsage();
    for (let i = 0; i < 10; i++) raw.send(piece);
    await until(() => server.counters().open === 0, 'it is closed');
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown).toBeLessThan(12 * 2 ** 20);
    raw.socket.destroy();
  });
});

test('a client that asks for more than the limits at once gets all, and what is too large fails alone', async () => {
  const { server, env } = await served({ limits: { requests: 20, streams: 3, commit: 50_000, request: 2000 } });
  put(env, 'large', 100_000);
  const store = await connect(server.addresses[0] as string, { maxValue: 150_000 });
  const items = store.collection('items', { key: utf8, value: bytes });
  const large = await Promise.all(Array.from({ length: 60 }, () => items.get('large')));
  expect(large.map((value) => value?.toBuffer().length)).toEqual(large.map(() => 100_000));
  await Promise.all(Array.from({ length: 60 }, (_, i) => items.put(`n ${i}`, Buffer.from('1'))));
  expect(await items.count({ prefix: 'n ' })).toBe(60);
  put(env, 'larger', 200_000);
  await store.sync();
  expect((await rejection(items.put('b', Buffer.alloc(60_000)))).code).toBe('ERR_VALUE_SIZE');
  expect((await rejection(items.get('larger'))).code).toBe('ERR_VALUE_SIZE');
  expect(store.state).toBe('connected');
  await store.close();
});
