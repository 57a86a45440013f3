import { afterEach, expect, test } from 'vitest';
import { cacheStat, verifyCache } from '../../lib/cache/stored-cache.ts';
import { connect, type Store } from '../../lib/client/index.ts';
import { type Environment, json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';

/* The log of changes is trimmed before a server, or a client, has read it. */

let server: Server;
const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await server.close();
});

const items = (env: Environment) => env.collection('items', { key: utf8, value: json, versions: true });

async function served(): Promise<Environment> {
  const env = openTemporary({ changes: { count: 20 } });
  for (const key of ['a', 'b', 'c']) items(env).put(key, 0);
  server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  return env;
}

async function connected(cache?: string): Promise<Store> {
  const store = await connect(server.addresses[0] as string, cache === undefined ? {} : { cache });
  stores.push(store);
  return store;
}

/** Commits so much in one turn that the server cannot read the log meanwhile. */
function burst(env: Environment, key: string, from: number): void {
  for (let i = 0; i < 200; i++) items(env).put(key, from + i);
}

test('a burst that trims the log before the server reads it ends no client: caches drop what may have ended, and keep what has an end', async () => {
  const env = await served();
  const cache = temporaryFolder();
  const [store, other] = [await connected(cache), await connected(cache)];
  const found = store.collection('items');
  expect(await found.getMany(['a', 'b', 'c', 'none'])).toEqual([0, 0, 0, undefined]);
  const before = await store.snapshot();
  items(env).put('b', 1);
  await store.sync();
  expect(await before.collection('items').get('b')).toBe(0);
  const watched = found.watch().next();
  watched.catch(() => {});
  burst(env, 'a', 1);
  items(env).put('none', 'new');
  await Promise.all([store.sync(), other.sync()]);
  expect(store.tid).toBe(205);
  expect(cacheStat(cache).at).toBe(205);
  const { hits } = store.counters() as { hits: number };
  expect(await found.getMany(['a', 'b', 'c', 'none'])).toEqual([200, 1, 0, 'new']);
  expect(store.counters()).toMatchObject({ hits, failure: undefined });
  expect(await before.collection('items').get('b')).toBe(0);
  expect(store.counters()).toMatchObject({ hits: hits + 1, failure: undefined });
  expect((await rejection(watched)).code).toBe('ERR_TOO_OLD');
  expect(await other.collection('items').getMany(['a', 'b'])).toEqual([200, 1]);
  expect(await store.transact(async (txn) => txn.collection('items').put('a', 'x'))).toBeUndefined();
  expect([await found.get('a'), store.state]).toEqual(['x', 'connected']);
  before.close();
  expect(verifyCache(cache, 10)).toEqual([]);
});

test('a second burst, while clients come back after the first one, is noticed too', async () => {
  const env = await served();
  const cache = temporaryFolder();
  const store = await connected(cache);
  const found = store.collection('items');
  for (let round = 1; round <= 5; round++) {
    await found.getMany(['a', 'b', 'c']);
    burst(env, 'a', 1000 * round);
    await until(() => store.state !== 'connected' || store.tid >= 3 + 200 * round, 'it is noticed');
    burst(env, 'b', 1000 * round);
    items(env).put('c', round);
    await store.sync();
    expect(await found.getMany(['a', 'b', 'c'])).toEqual([1000 * round + 199, 1000 * round + 199, round]);
    expect(store.counters()?.failure).toBeUndefined();
  }
});
