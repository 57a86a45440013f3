import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSharedAddress } from '../../../lib/cache/stores/open-shared-store.ts';
import { connect, type Store } from '../../../lib/client/index.ts';
import { json, type OpenOptions, utf8 } from '../../../lib/index.ts';
import { type Server, serve } from '../../../lib/server/index.ts';
import { openTemporary, temporaryFolder } from '../../support/fixture.ts';
import { answering } from '../stores/fake-server.ts';
import { type CacheServer, hasMemcached, hasRedis, startMemcached, startRedis } from '../stores/servers.ts';

const KEYS = Array.from({ length: 40 }, (_, i) => `k${i}`);

const servers: Server[] = [];
const stores: Store[] = [];
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const server of servers) await server.close();
});

/** A served database with 40 numbers. */
async function served(
  options: OpenOptions = {},
): Promise<{ address: string; put: (key: string, value: number) => void }> {
  const env = openTemporary(options);
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  for (const [i, key] of KEYS.entries()) items.put(key, i);
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  servers.push(server);
  return { address: server.addresses[0] as string, put: (key, value) => void items.put(key, value) };
}

async function opened(address: string, cache: string): Promise<Store> {
  const store = await connect(address, { cache });
  stores.push(store);
  return store;
}

/** Waits until clients have agreed on the checkpoints: until all that one reads is a hit for another. */
async function shared(stores: readonly Store[]): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const hits = await Promise.all(stores.map(hitsOf));
    if (hits.every((hit) => hit === KEYS.length)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing is a hit');
}

/** How many of all keys a client had in its cache. */
async function hitsOf(store: Store): Promise<number> {
  const before = store.counters()?.hits ?? 0;
  await store.collection('items').getMany(KEYS);
  return (store.counters()?.hits ?? 0) - before;
}

const KINDS = [
  { name: 'memcached', isThere: hasMemcached, start: startMemcached },
  { name: 'redis', isThere: hasRedis, start: startRedis },
];

describe.each(KINDS.filter(({ isThere }) => isThere))('a cache in $name', ({ name, start }) => {
  let cache: CacheServer;
  beforeAll(async () => {
    cache = await start();
  });

  test('has what another client has read, and nothing that has changed since', async () => {
    const { address, put } = await served();
    const [first, second] = [
      await opened(address, `${name}+unix:${cache.path}`),
      await opened(address, `${name}+unix:${cache.path}`),
    ] as [Store, Store];
    await shared([first, second]);
    put('k7', 1000);
    await Promise.all([first.sync(), second.sync()]);
    expect(await first.collection('items').get('k7')).toBe(1000);
    expect(await second.collection('items').get('k7')).toBe(1000);
    expect(await second.collection('items').get('none')).toBeUndefined();
    await first.collection('items').put('k8', 2000);
    await second.sync();
    expect(await second.collection('items').getMany(['k7', 'k8', 'k9'])).toEqual([1000, 2000, 9]);
    expect(second.counters()?.errors).toBe(0);
  });

  test('of two stores does not mix them', async () => {
    const [one, two] = [await served(), await served()];
    const first = await opened(one.address, `${name}+unix:${cache.path}`);
    await shared([first]);
    two.put('k1', 77);
    const second = await opened(two.address, `${name}+unix:${cache.path}`);
    expect(await second.collection('items').get('k1')).toBe(77);
    await shared([second]);
    expect(await first.collection('items').get('k1')).toBe(1);
    expect(await second.collection('items').get('k1')).toBe(77);
  });

  test('that is killed is done without, and used again when it is back', async () => {
    const { address } = await served();
    const own = await start();
    const store = await opened(address, `${name}+unix:${own.path}`);
    await shared([store]);
    await own.kill();
    expect(await store.collection('items').getMany(KEYS)).toEqual(KEYS.map((_, i) => i));
    expect(store.counters()?.errors).toBeGreaterThan(0);
    expect(store.counters()?.failure).toBeDefined();
    await own.restart();
    await shared([store]);
    expect(store.counters()?.failure).toBeUndefined();
  });
});

test('a cache that answers nonsense costs trips, and is no error', async () => {
  const { address } = await served();
  const { path } = await answering((socket) => socket.write('+PONG\r\n$5\r\nab'));
  const store = await opened(address, `redis+unix:${path}`);
  expect(await store.collection('items').getMany(KEYS)).toEqual(KEYS.map((_, i) => i));
});

test('a cache that is not there costs trips, and is no error', async () => {
  const { address } = await served();
  const store = await opened(address, `memcached+unix:${join(temporaryFolder(), 'none')}`);
  expect(await store.collection('items').getMany(KEYS)).toEqual(KEYS.map((_, i) => i));
});

test.each([
  ['memcached://cache', { kind: 'memcached', address: { host: 'cache', port: 11_211 } }],
  ['memcached://cache:1234', { kind: 'memcached', address: { host: 'cache', port: 1234 } }],
  ['memcached://[::1]:1234', { kind: 'memcached', address: { host: '::1', port: 1234 } }],
  ['memcached+unix:./mc.sock', { kind: 'memcached', address: { path: './mc.sock' } }],
  ['redis://cache', { kind: 'redis', address: { host: 'cache', port: 6379 }, login: {} }],
  [
    'redis://me:se%20cret@cache/3',
    { kind: 'redis', address: { host: 'cache', port: 6379 }, login: { user: 'me', password: 'se cret', database: 3 } },
  ],
  ['rediss://cache:6380', { kind: 'redis', address: { host: 'cache', port: 6380, tls: true }, login: {} }],
  ['redis+unix:///run/redis.sock', { kind: 'redis', address: { path: '/run/redis.sock' }, login: {} }],
  ['checkpoints:./cache', { kind: 'checkpoints', path: './cache' }],
  ['./cache', undefined],
  ['/var/cache/redis', undefined],
])('%s is the address of a cache', (text, wanted) => {
  expect(JSON.stringify(parseSharedAddress(text))).toBe(JSON.stringify(wanted));
});

test.each([
  'file:./cache',
  'unix:./cache.sock',
  'memcached://',
  'redis://cache/shop',
  'redis+unix:',
  'memcached://me@cache',
  'memcached://cache/1',
  'redis://cache?a=1',
  'rediss://cache/shop',
  'memcacheds://cache',
  'memcache://cache',
  'file:///tmp/cache',
])("connect() refuses '%s' as a cache", async (cache) => {
  await expect(connect('unix:./none', { cache })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});

test('connect() refuses a size for a cache that has one', async () => {
  const options = { cache: 'redis://cache', cacheSize: 2 ** 24 };
  await expect(connect('unix:./none', options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
});
